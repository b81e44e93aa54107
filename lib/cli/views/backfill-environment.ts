import type { RunOid } from '../../model/oid.js'
import type { EnvironmentDifference } from '../../repository/backfill/environment-differences.js'
import type { Jsonable } from '../formats/json.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { wrapProse } from '../render/wrap.js'

/** Most runs, and most packages, that a line names. */
const MOST = 6

/** What replays will not have as their runs had it, one paragraph a difference: `note: 3f2a9c1 ran on Node 18.20.1, and is replayed on 20.20.2`. */
export function formatDifferences(
  differences: readonly EnvironmentDifference[],
  {
    columns,
    style,
    short,
  }: { readonly columns: number; readonly style: Style; readonly short: (run: RunOid) => string },
): string[] {
  return differences.flatMap((difference) => {
    const { runs } = difference
    const named = listed(runs.map(short))
    return wrapProse(sanitizeLine(`note: ${named} ${describe(difference)}`), columns, '').map((line) =>
      style.warn(line),
    )
  })
}

/** The same, as `differences` of a plan. */
export function differencesToJson(differences: readonly EnvironmentDifference[]): Jsonable {
  return differences.map((difference) => ({ ...difference })) as Jsonable
}

function describe(difference: EnvironmentDifference): string {
  const { runs } = difference
  const are = runs.length === 1 ? 'is' : 'are'
  switch (difference.kind) {
    case 'node':
      return `ran on Node ${difference.recorded}, and ${are} replayed on ${difference.current}`
    case 'os':
    case 'arch':
      return `ran on ${difference.recorded}, and ${are} replayed on ${difference.current}`
    case 'no-lock-file':
      return `${runs.length === 1 ? 'has' : 'have'} no lock file: the packages of your working tree are used`
    case 'install-scripts':
      return `${runs.length === 1 ? 'has' : 'have'} packages whose install scripts --install does not run (${listed(difference.names)}): where one must be built, replay without it`
    case 'packages': {
      const versions = difference.versions.map(
        ({ name, recorded, current }) =>
          `${name} ${recorded}, ${current === undefined ? 'not installed now' : `now ${current}`}`,
      )
      const what =
        difference.lockFile === undefined ? 'other packages' : `another ${difference.lockFile.path}`
      const which = versions.length === 0 ? '' : ` (${listed(versions, '; ')})`
      const advice = difference.lockFile === undefined ? '' : '; --install installs what it names'
      return `ran with ${what}${which}${advice}`
    }
  }
}

function listed(items: readonly string[], between = ', '): string {
  const shown = items.slice(0, MOST).join(between)
  return items.length > MOST ? `${shown} and ${items.length - MOST} more` : shown
}

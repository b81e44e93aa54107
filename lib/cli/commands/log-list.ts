import type { RunEntry } from '../../db/run-entry.js'
import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import { ATTRIBUTE_NAMES } from '../../query/run-attributes.js'
import { nameRecentCommits } from '../../repository/commit-names.js'
import { selectRuns } from '../../repository/select-runs.js'
import { usageError } from '../arguments/canonical.js'
import type { CommandContext } from '../context.js'
import { JSON_VERSION, toJson } from '../formats/json.js'
import { sanitizeLine } from '../render/sanitize.js'
import { runToJson } from '../views/run-json.js'
import { explainMarks, formatOneline, formatRunList, type ListLayout } from '../views/run-list.js'
import type { LogOptions } from './log.js'
import { runCriteria } from './run-criteria.js'

/** Runs laid out together: their columns line up, and the first ones are on the screen before the last are read. */
const PAGE = 50

/**
 * Prints the list of runs.
 * @throws BrokenPipe, FlorError NO_RUNS when nothing was ever recorded here, USAGE
 */
export async function printRuns(context: CommandContext, options: LogOptions): Promise<void> {
  if (options.csv === true)
    throw usageError({ name: 'log' }, '--csv needs names: git flor log loss --csv', '--csv')
  const repository = await context.repository()
  const { where, sort, maxCount } = options
  const criteria = {
    ...(await runCriteria(options, context.cwd)),
    ...(where === undefined ? {} : { where }),
    ...(sort === undefined ? {} : { sort }),
    ...(maxCount === undefined ? {} : { limit: maxCount }),
  }
  const [index, style, names] = await Promise.all([
    repository.index(),
    context.style(),
    options.json === true ? new Map<string, string>() : nameRecentCommits(repository),
  ])
  const runs = selectRuns(index, criteria)
  const count =
    options.json === true
      ? await printJson(context, runs)
      : await printPages(context, runs, options.oneline === true, {
          columns: context.columns,
          nowMs: context.io.now(),
          style,
          names,
        })
  if (count > 0 || options.maxCount === 0) return
  if ((await index.count()) === 0) {
    if (options.json === true) return
    throw new FlorError('no runs have been recorded here', { code: 'NO_RUNS', data: { path: context.cwd } })
  }
  await refuseUnknownNames(index, options)
  context.note('no run fits')
}

/** A name that no run knows is a slip most of the time. @throws FlorError NAME_NOT_FOUND */
async function refuseUnknownNames(index: RunIndex, { where, sort }: LogOptions): Promise<void> {
  if (where === undefined && sort === undefined) return
  const [{ namesIn, parsePredicate, parseSort }, { nameNotFound }] = await Promise.all([
    import('../../query/predicate.js'),
    import('../../query/suggest.js'),
  ])
  const used = [
    ...(where === undefined ? [] : namesIn(parsePredicate(where))),
    ...(sort === undefined ? [] : parseSort(sort).map((key) => key.name)),
  ]
  if (used.length === 0) return
  const known = [...(await index.names()).map(({ name }) => name), ...ATTRIBUTE_NAMES]
  for (const name of used) if (!known.includes(name)) throw nameNotFound(name, known)
}

async function printJson(context: CommandContext, runs: AsyncIterable<RunEntry>): Promise<number> {
  let count = 0
  await context.out.print(`{"version":${JSON_VERSION},"kind":"runs","runs":[`)
  for await (const entry of runs) {
    await context.out.print(`${count === 0 ? '' : ','}\n${toJson(runToJson(entry))}`)
    count++
  }
  await context.out.print('\n]}\n')
  return count
}

async function printPages(
  context: CommandContext,
  runs: AsyncIterable<RunEntry>,
  oneline: boolean,
  layout: ListLayout,
): Promise<number> {
  const marks = new Set<string>()
  let count = 0
  let page: RunEntry[] = []
  const printPage = async (): Promise<void> => {
    await context.out.lines(oneline ? formatOneline(page, layout) : formatRunList(page, layout))
    for (const line of explainMarks(page)) marks.add(line)
    count += page.length
    page = []
  }
  for await (const entry of runs) {
    page.push(entry)
    if (page.length === PAGE) await printPage()
  }
  await printPage()
  if (!oneline) await context.out.lines([...marks].map((line) => layout.style.faint(sanitizeLine(line))))
  return count
}

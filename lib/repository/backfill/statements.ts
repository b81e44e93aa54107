import { inRepository } from '../../git/location.js'
import { gitSync } from '../../git/process.js'
import type { Oid } from '../../model/oid.js'
import { findStatements } from '../../propagate/find-statements.js'
import { analyseStatement } from '../../replay/analyse.js'
import type {
  Position,
  Soundness,
  SourceProject,
  StatementAnalysis,
  StatementRange,
  Verdict,
} from '../../replay/source-project.js'
import type { FlorRepository } from '../flor-repository.js'
import type { CarriedFile } from './carry.js'

/** Statements of one patched commit that can be replayed together: they stand in the same kind of place. */
export interface StatementGroup {
  readonly names: readonly string[]
  /** What they read that no replay can give again. */
  readonly irreproducible: string | undefined
  readonly position: Position
  /** The main loops of the program, by the names of the loops around each and its own. */
  readonly mainLoops: StatementAnalysis['mainLoops']
  /** The worst verdict of any of them. */
  readonly soundness: Pick<Soundness, 'skip' | 'restore' | 'comparable'>
}

/** The files of a commit, each read once and when it is asked for. */
export function projectAt(
  repository: FlorRepository,
  commit: Oid,
  script: string | undefined,
): SourceProject {
  const texts = new Map<string, string | undefined>()
  const read = (path: string): string | undefined => {
    if (!texts.has(path)) {
      const answer = gitSync(['cat-file', 'blob', `${commit}:${path}`], {
        ...inRepository(repository.location),
        expectExit: [0, 128],
      })
      texts.set(path, answer.exitCode === 0 ? answer.stdout.toString('utf8') : undefined)
    }
    return texts.get(path)
  }
  return script === undefined ? { read } : { read, script }
}

/**
 * Analyses every statement of a patched commit that logs one of `names`, and groups them by where they stand. `files` are those that
 * statements were carried into; what came along with these counts, too.
 * @throws FlorError SOURCE_SYNTAX
 */
export function groupStatements(
  project: SourceProject,
  files: readonly CarriedFile[],
  names: readonly string[],
): StatementGroup[] {
  const helpers = files.flatMap(helpersOf).map((helper) => analyseStatement(project, helper))
  const changing = helpers.map(changeOf).find((it) => it !== undefined)
  const groups = new Map<string, Gathered>()
  for (const path of new Set(files.map(({ oldPath }) => oldPath))) {
    const text = project.read(path)
    if (text === undefined) continue
    for (const name of names) {
      for (const { start, end } of findStatements({ path, text }, { name })) {
        const analysis = analyseStatement(project, { path, start, end })
        const { kind, loops } = analysis.position
        const key = [
          kind,
          ...(isInMain(kind) ? loops.slice(0, analysis.position.outerLoops + 1) : loops),
        ].join('\0')
        const group: Gathered = groups.get(key) ?? { names: new Set(), analyses: [] }
        group.names.add(name)
        group.analyses.push(analysis)
        groups.set(key, group)
      }
    }
  }
  return joinByName([...groups.values()]).map(({ names: grouped, analyses }) => ({
    names: [...grouped],
    irreproducible: [...analyses, ...helpers].find((it) => it.irreproducible !== undefined)?.irreproducible,
    position: analyses.map((it) => it.position).reduce(joinPositions),
    mainLoops: (analyses[0] as StatementAnalysis).mainLoops,
    soundness: {
      skip: changing ?? worst(analyses.map((it) => it.skip)),
      restore: changing ?? worst(analyses.map((it) => it.restore)),
      comparable: {
        skip: common(analyses.map((it) => it.comparable.skip)),
        restore: common(analyses.map((it) => it.comparable.restore)),
      },
    },
  }))
}

/** The statements that the wanted ones needed and brought along. */
function helpersOf({ oldPath, propagation }: CarriedFile): StatementRange[] {
  if (propagation.status !== 'placed') return []
  const lines = propagation.text.split('\n')
  return propagation.insertions.flatMap(({ kind, line, text }) => {
    const from = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0)
    const start = propagation.text.indexOf(text, from)
    return kind !== 'helper' || start === -1 ? [] : [{ path: oldPath, start, end: start + text.length }]
  })
}

/** Why what comes along with the wanted statements changes the training itself. */
function changeOf({ draws, changes }: StatementAnalysis): Verdict | undefined {
  if (draws) return { verdict: 'unsound', reason: 'what comes along with it draws random numbers' }
  return changes === undefined
    ? undefined
    : { verdict: 'unsound', reason: `what comes along with it: ${changes}` }
}

interface Gathered {
  readonly names: Set<string>
  readonly analyses: StatementAnalysis[]
}

/** Makes one group of groups that have a name in common: which of their replays a value of that name belongs to could not be told. */
function joinByName(groups: readonly Gathered[]): Gathered[] {
  const joined: Gathered[] = []
  for (const group of groups) {
    const related = joined.filter((it) => [...it.names].some((name) => group.names.has(name)))
    for (const it of related) {
      joined.splice(joined.indexOf(it), 1)
      for (const name of it.names) group.names.add(name)
      group.analyses.unshift(...it.analyses)
    }
    joined.push(group)
  }
  return joined
}

/** Statements of one main loop's iterations are had by executing these; for others the whole run is executed. */
function joinPositions(a: Position, b: Position): Position {
  const place = ({ kind, loops, outerLoops }: Position): string =>
    [kind, ...(isInMain(kind) ? loops.slice(0, outerLoops + 1) : loops)].join('\0')
  if (a.pass !== b.pass) return joinPositions(inAny(a), inAny(b))
  if (place(a) === place(b)) return a
  const main = ({ loops, outerLoops }: Position): string => loops.slice(0, outerLoops + 1).join('\0')
  if (isInMain(a.kind) && isInMain(b.kind) && main(a) === main(b)) {
    return { ...(a.loops.length >= b.loops.length ? a : b), kind: 'nested' }
  }
  return { kind: 'unknown', loops: [], outerLoops: 0, why: `it is logged in two places (${a.why}; ${b.why})` }
}

function inAny({ pass: _, ...position }: Position): Position {
  return position
}

function isInMain(kind: Position['kind']): boolean {
  return kind === 'iteration' || kind === 'nested'
}

function worst(verdicts: readonly Verdict[]): Verdict {
  const order = ['unsound', 'unknown', 'sound']
  return verdicts.reduce((a, b) => (order.indexOf(b.verdict) < order.indexOf(a.verdict) ? b : a))
}

function common(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists
  return first.filter((name) => others.every((list) => list.includes(name)))
}

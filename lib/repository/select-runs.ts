import type { RunEntry } from '../db/run-entry.js'
import type { RunIndex } from '../db/run-index.js'
import type { RunStatus } from '../model/run.js'
import type { Expression, KindWatch } from '../query/predicate.js'
import type { RunOutline, RunQuestion } from './run-question.js'

/** Which runs are wanted, and in which order; what is absent does not restrict. */
export interface RunCriteria {
  /** Started at or after, started before: milliseconds since 1970. */
  readonly sinceMs?: number
  readonly untilMs?: number
  /** One of these: the script's path, or the end of it from a `/` on; with a `/` in front the whole path. */
  readonly script?: readonly string[]
  /** One of these. */
  readonly status?: readonly RunStatus[]
  /** A predicate over arguments, attributes and aggregates of runs. */
  readonly where?: string
  /** Keys to sort by; newest first where absent. */
  readonly sort?: string
  readonly limit?: number
  /** See RunQuestion. */
  readonly kinds?: KindWatch
}

/**
 * The runs that fit, newest first or sorted (sort-rows.ts), of equals the newest first. Reads entries of those alone, but for runs of which
 * facts do not tell enough (lib/db/facts.ts). Without sorting, reads no further than the last one asked for.
 * @throws FlorError PREDICATE_SYNTAX, PREDICATE_TYPE
 */
export async function* selectRuns(index: RunIndex, criteria: RunCriteria): AsyncGenerator<RunEntry> {
  const { limit = Number.POSITIVE_INFINITY, sinceMs, untilMs, script, status } = criteria
  if ([criteria.sort, criteria.where, script, status].every((it) => it === undefined)) {
    const range = { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) }
    yield* index.runs({ newestFirst: true, ...range, limit })
    return
  }
  // The parser is the largest of our own modules: who lists runs does without.
  const [{ parsePredicate, parseSort }, { findNamedRuns }, { selectAmong }, { selectByFacts }] =
    await Promise.all([
      import('../query/predicate.js'),
      import('./named-runs.js'),
      import('./run-question.js'),
      import('./select-by-facts.js'),
    ])
  const sort = criteria.sort === undefined ? undefined : parseSort(criteria.sort)
  const where = criteria.where === undefined ? undefined : parsePredicate(criteria.where)
  if (limit === 0) return
  const named = where === undefined ? undefined : await findNamedRuns(index, where)
  const question: RunQuestion = {
    limit,
    ...([sinceMs, untilMs, script, status].some((it) => it !== undefined) && {
      fits: (run: RunOutline) => fitsOutline(run, criteria),
    }),
    ...(where && { where }),
    ...(sort && { sort }),
    ...(criteria.kinds && { kinds: criteria.kinds }),
  }
  yield* named === undefined ? selectByFacts(index, question) : selectAmong(named, question)
}

/**
 * The runs, newest first, of which alone rows can fit a predicate that begins by naming runs (named-runs.ts), with what else is asked of runs;
 * undefined where it does not begin so.
 */
export async function selectNamedRuns(
  index: RunIndex,
  criteria: Omit<RunCriteria, 'where' | 'sort'>,
  where: Expression,
): Promise<RunEntry[] | undefined> {
  const [{ findNamedRuns }, { selectAmong }] = await Promise.all([
    import('./named-runs.js'),
    import('./run-question.js'),
  ])
  const named = await findNamedRuns(index, where)
  const { limit = Number.POSITIVE_INFINITY } = criteria
  return named && selectAmong(named, { limit, fits: (run) => fitsOutline(run, criteria) })
}

function fitsOutline(run: RunOutline, { sinceMs, untilMs, script, status }: RunCriteria): boolean {
  if (sinceMs !== undefined && !(run.startedMs >= sinceMs)) return false
  if (untilMs !== undefined && !(run.startedMs < untilMs)) return false
  if (status !== undefined && !(status as readonly string[]).includes(run.status)) return false
  const path = run.script === undefined ? undefined : `/${run.script}`
  return script?.some((it) => (it.startsWith('/') ? path === it : path?.endsWith(`/${it}`))) ?? true
}

import type { RunEntry } from '../db/run-entry.js'
import type { RunIndex } from '../db/run-index.js'
import { isFlorError } from '../model/errors.js'
import type { RunOid } from '../model/oid.js'
import type { KindWatch, NameUse } from '../query/predicate.js'
import type { FlorRepository } from './flor-repository.js'
import { type RunCriteria, selectRuns } from './select-runs.js'

/** Which runs are wanted, by what Git knows of them, too. */
export interface RunChoice extends RunCriteria {
  /** Patterns of which one must match; see runs-by-author.ts. */
  readonly author?: readonly string[]
  /** A range of revisions as `git rev-list` takes it, and runs that are wanted whether or not they lie in it. */
  readonly range?: { readonly revisions: readonly string[]; readonly runs: ReadonlySet<string> }
  /** Those chosen in reverse order, as with `git log`: the limit counts first. */
  readonly isReversed?: boolean
}

/**
 * The runs that fit, newest first or sorted. Reads no further than the last one asked for, unless sorted or reversed.
 * @throws FlorError PREDICATE_SYNTAX, PREDICATE_TYPE, REVISION_NOT_FOUND, USAGE; UNSUPPORTED for aggregates by iteration
 */
export async function* chooseRuns(
  repository: FlorRepository,
  index: RunIndex,
  { author, range, isReversed, ...asked }: RunChoice,
): AsyncGenerator<RunEntry> {
  const uses = await usesOf(asked)
  const kinds = asked.where === undefined ? undefined : await watchKinds()
  const criteria: RunCriteria = { ...asked, ...(kinds && { kinds }) }
  const ofIterations = uses.find(({ by }) => by !== undefined)
  if (ofIterations !== undefined) {
    const { needsRows } = await import('../query/run-lookup.js')
    throw needsRows(ofIterations)
  }
  const { where: _, sort: __, kinds: ___, limit, ...rest } = criteria
  // What few queries need is loaded for these alone.
  const filtered = async (runs: AsyncIterable<RunEntry>): Promise<AsyncIterable<RunEntry>> => {
    const inRange = range === undefined ? runs : within(repository, range, runs)
    if (author === undefined) return inRange
    const { runsByAuthor } = await import('./runs-by-author.js')
    return runsByAuthor(repository, author, inRange)
  }
  const byValues = async (): Promise<AsyncIterable<RunEntry>> => {
    const { selectByValues } = await import('./select-by-values.js')
    return selectByValues(repository, await filtered(selectRuns(index, rest)), criteria, uses)
  }
  const bySummaries = async (): Promise<AsyncIterable<RunEntry>> => {
    const named = await namedRuns(index, range, criteria)
    if (named !== undefined) return filtered(named)
    const isFiltered = author !== undefined || range !== undefined
    return filtered(selectRuns(index, isFiltered ? withoutLimit(criteria) : criteria))
  }
  let chosen: AsyncIterable<RunEntry>
  if (uses.some(({ aggregate }) => aggregate === 'p50')) chosen = await byValues()
  else if (uses.length === 0) chosen = await bySummaries()
  else chosen = unlessValues(await bySummaries(), byValues)
  const limited = firstOf(chosen, limit)
  if (isReversed !== true) yield* limited
  else {
    const all: RunEntry[] = []
    for await (const entry of limited) all.push(entry)
    yield* all.reverse()
  }
  for (const message of kinds?.notices() ?? []) repository.notify({ kind: 'warning', message })
}

/** Loaded with a predicate alone, as its parser is. */
async function watchKinds(): Promise<KindWatch> {
  const { KindWatch } = await import('../query/kind-watch.js')
  return new KindWatch()
}

function withoutLimit({ limit: _, ...criteria }: RunCriteria): RunCriteria {
  return criteria
}

async function* within(
  repository: FlorRepository,
  { revisions, runs: wanted }: NonNullable<RunChoice['range']>,
  runs: AsyncIterable<RunEntry>,
): AsyncGenerator<RunEntry> {
  const { runsInRange } = await import('./revision-range.js')
  if (revisions.length > 0 && wanted.size === 0) {
    yield* runsInRange(repository, revisions, runs)
    return
  }
  const all: RunEntry[] = []
  for await (const entry of runs) if (revisions.length > 0 || wanted.has(entry.run)) all.push(entry)
  const found = new Set<RunEntry>()
  if (revisions.length > 0) {
    const listed = async function* (): AsyncGenerator<RunEntry> {
      yield* all
    }
    for await (const entry of runsInRange(repository, revisions, listed())) found.add(entry)
  }
  for (const entry of all) if (wanted.has(entry.run) || found.has(entry)) yield entry
}

async function* firstOf(
  runs: AsyncIterable<RunEntry>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<RunEntry> {
  if (limit === 0) return
  let count = 0
  for await (const entry of runs) {
    yield entry
    if (++count >= limit) return
  }
}

/** Runs that are asked for by their oids alone, found by their keys, the newest first; undefined where anything else is asked of them. */
async function namedRuns(
  index: RunIndex,
  range: RunChoice['range'],
  { limit: _, ...criteria }: RunCriteria,
): Promise<AsyncIterable<RunEntry> | undefined> {
  const isPlain = Object.values(criteria).every((it) => it === undefined)
  if (range === undefined || range.revisions.length > 0 || !isPlain) return undefined
  const entries: RunEntry[] = []
  for (const run of range.runs) {
    const entry = await index.entry(run as RunOid)
    if (entry !== undefined) entries.push(entry)
  }
  entries.sort((a, b) => b.header.startedMs - a.header.startedMs)
  return (async function* () {
    yield* entries
  })()
}

/** Runs as summaries tell them, and from the first on of which they do not tell enough, as values do: these are the same runs in the same order. */
async function* unlessValues(
  bySummaries: AsyncIterable<RunEntry>,
  byValues: () => Promise<AsyncIterable<RunEntry>>,
): AsyncGenerator<RunEntry> {
  let told = 0
  try {
    for await (const entry of bySummaries) {
      yield entry
      told++
    }
    return
  } catch (error) {
    if (!isFlorError(error, 'UNSUPPORTED')) throw error
  }
  for await (const entry of await byValues()) if (told-- <= 0) yield entry
}

/** The parser is the largest of our own modules: who lists runs does without. */
async function usesOf({ where, sort }: RunCriteria): Promise<NameUse[]> {
  if (where === undefined && sort === undefined) return []
  const { parsePredicate, parseSort, usesIn } = await import('../query/predicate.js')
  return [
    ...(where === undefined ? [] : usesIn(parsePredicate(where))),
    ...(sort === undefined ? [] : parseSort(sort)),
  ]
}

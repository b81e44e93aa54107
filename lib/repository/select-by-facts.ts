import { propertyFact } from '../db/facts.js'
import { keyTime } from '../db/keys.js'
import type { RunEntry } from '../db/run-entry.js'
import type { RunFacts } from '../db/run-facts.js'
import type { RunIndex } from '../db/run-index.js'
import { isFlorError } from '../model/errors.js'
import type { LogValue } from '../model/value.js'
import { bestOf } from '../query/best-of.js'
import { FactLookup, factsFor, UNDECIDED, valueTold } from '../query/fact-lookup.js'
import { holds, usesIn } from '../query/predicate.js'
import { runLookup } from '../query/run-lookup.js'
import { compareKeys } from '../query/sort-rows.js'
import { isWanted, outlineOf, type RunOutline, type RunQuestion, sortKeysOf } from './run-question.js'

/** Entries read at once. */
const PAGE = 64

const STARTED = propertyFact('startedMs')
const SCRIPT = propertyFact('script')
const STATUS = propertyFact('status')
const RUN = propertyFact('run')

const NO_KEYS: readonly undefined[] = []

/** A run that is wanted, or may be. */
interface Candidate {
  readonly nr: number
  /** As it stands in keys. */
  readonly started: number
  /** False where only the entry tells, even that it is wanted. */
  readonly isDecided: boolean
  /** Absent where nothing is sorted, or undecided. */
  readonly keys?: readonly (LogValue | undefined)[]
}

/**
 * Answers a question from facts: of a hundred thousand runs, the named facts are read and nothing else; then the entries of those
 * that are asked for. Answers and errors are those of looking at every entry, the newest first.
 * @throws FlorError PREDICATE_TYPE, UNSUPPORTED
 */
export async function* selectByFacts(index: RunIndex, question: RunQuestion): AsyncGenerator<RunEntry> {
  const { where, sort = [], limit } = question
  const uses = [...(where === undefined ? [] : usesIn(where)), ...sort]
  const outline = question.fits === undefined ? [] : [SCRIPT, STATUS]
  const facts = await index.facts([...outline, ...factsFor(uses)])
  const candidates = new Judge(facts, question).candidates()
  const { kinds } = question
  if (question.sort === undefined) {
    const isOpen = candidates.some(({ isDecided }) => !isDecided)
    if (!isOpen) kinds?.settle()
    const newest = await inOrder(index, candidates, isOpen ? Number.POSITIVE_INFINITY : limit)
    yield* firstWanted(index, facts, question, newest)
    return
  }
  const open = await inOrder(
    index,
    candidates.filter(({ isDecided }) => !isDecided),
  )
  const decided = candidates.filter(({ isDecided }) => isDecided)
  for await (const [candidate, entry] of entriesOf(index, facts, open))
    if (isWanted(entry, question))
      decided.push({ ...candidate, isDecided: true, keys: sortKeysOf(entry, sort) })
  kinds?.settle()
  const best = await inOrder(index, decided, limit, (a, b) => compareKeys(a.keys ?? [], b.keys ?? [], sort))
  for await (const [, entry] of entriesOf(index, facts, best)) yield entry
}

async function* firstWanted(
  index: RunIndex,
  facts: RunFacts,
  question: RunQuestion,
  candidates: readonly Candidate[],
): AsyncGenerator<RunEntry> {
  let left = question.limit
  for await (const [{ isDecided }, entry] of entriesOf(index, facts, candidates)) {
    if (!isDecided && !isWanted(entry, question)) continue
    yield entry
    if (--left === 0) return
  }
  question.kinds?.settle()
}

/** The first `limit` in the order of `compare`, and of equals the newest first. */
async function inOrder(
  index: RunIndex,
  candidates: readonly Candidate[],
  limit = Number.POSITIVE_INFINITY,
  compare: (a: Candidate, b: Candidate) => number = () => 0,
): Promise<Candidate[]> {
  let needsOids = false
  const first = bestOf(candidates, limit, (a, b) => {
    const order = compare(a, b) || b.started - a.started
    if (order === 0) needsOids = true
    return order
  })
  if (!needsOids) return first
  // Runs that started in one millisecond are rare, and the names of all runs the largest fact there is.
  const facts = await index.facts([RUN])
  const oidOf = (nr: number): string => facts.fresh.get(nr)?.run ?? String(facts.at(RUN, nr))
  return bestOf(candidates, limit, (a, b) => {
    const order = compare(a, b) || b.started - a.started
    return order !== 0 ? order : oidOf(a.nr) < oidOf(b.nr) ? 1 : -1
  })
}

async function* entriesOf(
  index: RunIndex,
  { fresh }: RunFacts,
  candidates: readonly Candidate[],
): AsyncGenerator<readonly [Candidate, RunEntry]> {
  for (let start = 0; start < candidates.length; start += PAGE) {
    const page = candidates.slice(start, start + PAGE)
    const missing = page.filter(({ nr }) => !fresh.has(nr))
    const read = await index.entriesAt(missing.map(({ nr }) => nr))
    const found = new Map(missing.map(({ nr }, i) => [nr, read[i] as RunEntry]))
    for (const candidate of page)
      yield [candidate, (fresh.get(candidate.nr) ?? found.get(candidate.nr)) as RunEntry]
  }
}

/** Looks through the facts of all runs. */
class Judge {
  readonly #lookup: FactLookup
  /** A predicate that fails for one run may never come to that run in the order of entries: the rest is left to them. */
  #hasFailed = false

  constructor(
    private readonly facts: RunFacts,
    private readonly question: RunQuestion,
  ) {
    this.#lookup = new FactLookup(facts)
  }

  candidates(): Candidate[] {
    const { facts } = this
    const started = facts.column(STARTED)
    const found: Candidate[] = []
    for (let nr = 0; nr < facts.size; nr++) {
      const entry = facts.fresh.get(nr)
      const startedMs = entry === undefined ? started?.at(nr) : entry.header.startedMs
      // Of a run that is not listed there are backfills, and nothing of the run itself.
      if (typeof startedMs !== 'number') continue
      const keys = this.#judge(nr, startedMs, entry)
      if (keys === undefined) continue
      const candidate = { nr, started: keyTime(startedMs) }
      found.push(
        keys === UNDECIDED ? { ...candidate, isDecided: false } : { ...candidate, isDecided: true, keys },
      )
    }
    return found
  }

  /** What the run is sorted by; undefined where it is not wanted. */
  #judge(
    nr: number,
    startedMs: number,
    entry: RunEntry | undefined,
  ): readonly (LogValue | undefined)[] | undefined | typeof UNDECIDED {
    const { fits, where, sort, kinds } = this.question
    if (this.#hasFailed) return UNDECIDED
    this.#lookup.moveTo(nr)
    const lookup = entry === undefined ? this.#lookup.lookup : runLookup(entry)
    try {
      if (fits !== undefined && !fits(entry === undefined ? this.#outline(nr, startedMs) : outlineOf(entry)))
        return undefined
      if (where !== undefined && !holds(where, lookup, kinds)) return undefined
      return sort === undefined ? NO_KEYS : sort.map(({ name, aggregate }) => lookup(name, aggregate))
    } catch (error) {
      if (error === UNDECIDED) return UNDECIDED
      if (!isFlorError(error)) throw error
      this.#hasFailed = true
      return UNDECIDED
    }
  }

  /** @throws UNDECIDED where only the entry tells */
  #outline(nr: number, startedMs: number): RunOutline {
    const script = valueTold(this.facts.at(SCRIPT, nr)) as string | undefined
    return { startedMs, script, status: valueTold(this.facts.at(STATUS, nr)) as string }
  }
}

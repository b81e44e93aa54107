import type { RunEntry } from '../db/run-entry.js'
import type { ContextTable } from '../model/column.js'
import { FlorError } from '../model/errors.js'
import { formatUse, type NameUse } from './expression.js'
import type { KnownNames } from './known-names.js'
import { constantOf } from './run-lookup.js'

/** What became of one use of a name, over all rows that were asked. */
interface Reached {
  readonly use: NameUse
  /** Whether it is a column of the table. */
  readonly isShown: boolean
  /** Whether some row can have a value of it. */
  isReached: boolean
  /** Whether some row takes the last of many values inside it. */
  isLastInside: boolean
}

/**
 * A predicate or a sort key may speak of something deeper than a table's rows go. A loop, or an aggregate by one, has no value there: where no
 * row can have any, the question is wrong, and an empty table would hide it. A name that was logged deeper is its last value inside the row,
 * which is said once.
 */
export class RowReach {
  readonly #uses: readonly Reached[]
  readonly #rowLoops = new Set<string>()
  #entry: RunEntry | undefined
  #table: ContextTable | undefined

  /** `shown` are columns of the table: each row has what it shows. */
  constructor(uses: readonly NameUse[], shown: readonly NameUse[]) {
    const columns = new Set(shown.map(formatUse))
    this.#uses = [...new Map(uses.map((use) => [formatUse(use), use])).values()].map((use) => ({
      use,
      isShown: columns.has(formatUse(use)),
      isReached: false,
      isLastInside: false,
    }))
  }

  /** Told of every run that is asked: a name that is no loop of it has the same value in all of its rows. */
  addRun(entry: RunEntry): void {
    for (const reached of this.#uses) {
      const { name, by } = reached.use
      if (by === undefined) reached.isReached ||= constantOf(entry, name) !== undefined
    }
  }

  /** Told of uses by which a run is chosen as a whole, whatever its rows: `epoch is null` chooses runs without such a loop. */
  addDecided(uses: readonly NameUse[]): void {
    const decided = new Set(uses.map(formatUse))
    for (const reached of this.#uses) reached.isReached ||= decided.has(formatUse(reached.use))
  }

  /** Told of the rows that are asked, by their contexts. */
  add(entry: RunEntry, table: ContextTable): void {
    if (table === this.#table && entry === this.#entry) return
    this.#table = table
    this.#entry = entry
    for (const loop of table.loops) this.#rowLoops.add(loop)
    for (const reached of this.#uses) {
      const { name, aggregate, by } = reached.use
      if (reached.isShown || (aggregate !== undefined && by === undefined)) reached.isReached = true
      else if (by !== undefined) reached.isReached ||= table.loops.includes(by)
      else {
        const shapes = entry.metrics.flatMap((metric) => (metric.name === name ? [metric.loops] : []))
        reached.isReached ||= shapes.length > 0 || table.loops.includes(name)
        reached.isLastInside ||= shapes.length > 0 && shapes.every((loops) => isInside(loops, table.loops))
      }
    }
  }

  /** For each loop of the runs, and aggregate by one, that no row can have: UNSUPPORTED (data: name, hint). None where there were no rows. */
  *problems(known: KnownNames): Generator<FlorError> {
    if (this.#table === undefined) return
    for (const { use, isReached } of this.#uses) {
      if (!isReached && known.isLoop(use.by ?? use.name)) yield this.#tooFine(use)
    }
  }

  #tooFine(use: NameUse): FlorError {
    const loops = [...this.#rowLoops]
    const rows = loops.length === 0 ? 'are runs' : `go no deeper than ${loops.join(', ')}`
    const text = formatUse(use)
    const column = use.by === undefined ? `a name that is logged in each ${text}` : `'${text}'`
    return new FlorError(`${text} is finer than the rows of this table, which ${rows}`, {
      code: 'UNSUPPORTED',
      data: { name: use.name, hint: `ask for ${column}, too: rows are as fine as the finest name` },
    })
  }

  /** A sentence for each name that stands for the last of many values. */
  notices(): string[] {
    return this.#uses.flatMap(({ use, isLastInside }) =>
      isLastInside
        ? [`${formatUse(use)} was logged deeper than the rows go: its last value in each counts`]
        : [],
    )
  }
}

/** Whether contexts of a shape lie inside those of another, deeper. */
const isInside = (loops: readonly string[], row: readonly string[]): boolean =>
  loops.length > row.length && row.every((loop, depth) => loops[depth] === loop)

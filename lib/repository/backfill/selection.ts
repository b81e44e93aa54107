import type { RunEntry } from '../../db/run-entry.js'
import { contextAt } from '../../model/column.js'
import { type Context, contextKey } from '../../model/context.js'
import type { LogValue } from '../../model/value.js'
import { KnownNames } from '../../query/known-names.js'
import {
  type Expression,
  holds,
  KindWatch,
  type NameUse,
  splitConjuncts,
  usesIn,
} from '../../query/predicate.js'
import { isAttribute } from '../../query/run-attributes.js'
import { constantOf } from '../../query/run-lookup.js'
import { RunValues, usesWithValues, wholeRunLookup } from '../../query/run-values.js'
import type { FlorRepository } from '../flor-repository.js'
import { loadColumns } from '../load-columns.js'

/** The part of a predicate that is to be decided for each iteration of one run, and what its names stand for there. */
export interface RowSelection {
  readonly ofRow: Expression | undefined
  readonly valueIn: (context: Context, use: NameUse) => LogValue | undefined
  /** Told of values that the predicate cannot compare. */
  readonly kinds: KindWatch
}

/** A backfill's predicate, asked of one run after the other. */
export class Selection {
  readonly #known = new KnownNames()
  readonly #kinds = new KindWatch()

  constructor(
    private readonly repository: FlorRepository,
    private readonly where: Expression | undefined,
  ) {}

  /** Undefined when the predicate does not hold for the run as a whole. */
  async ofRun(entry: RunEntry): Promise<RowSelection | undefined> {
    const perRow = new Set(entry.metrics.flatMap((metric) => [metric.name, ...metric.loops]))
    this.#known.add(entry)
    if (this.where === undefined) return { ofRow: undefined, valueIn: () => undefined, kinds: this.#kinds }
    // A name that is nothing else may be a loop in which the run logged nothing.
    const isOfRun = (name: string): boolean =>
      isAttribute(name) || entry.args.some((arg) => arg.name === name)
    const { ofRun, ofRow } = splitConjuncts(
      this.where,
      (use) =>
        use.by === undefined && (use.aggregate !== undefined || (!perRow.has(use.name) && isOfRun(use.name))),
    )
    const values = new RunValues(entry, (run, name) => loadColumns(this.repository, run, name))
    await values.load([
      ...usesIn(this.where).filter(({ aggregate }) => aggregate !== undefined),
      ...usesWithValues(entry, ofRun === undefined ? [] : usesIn(ofRun)),
    ])
    if (ofRun !== undefined && !holds(ofRun, wholeRunLookup(entry, values), this.#kinds)) return undefined
    return { ofRow, valueIn: await this.#valuesOf(entry, ofRow, values), kinds: this.#kinds }
  }

  /** Tells of loops that a run entered, or that a wanted statement stands in. */
  addLoops(loops: Iterable<string>): void {
    this.#known.addLoops(loops)
  }

  /**
   * To be called behind the last run; warns of values that were passed over.
   * @throws FlorError NAME_NOT_FOUND (data: name, candidates) for a name that stands for nothing in any run that was asked about;
   *   PREDICATE_TYPE where none of a name's values could be compared
   */
  requireNames(): void {
    if (this.where !== undefined) this.#known.require(usesIn(this.where), this.where)
    this.#kinds.settle()
    for (const message of this.#kinds.notices()) this.repository.notify({ kind: 'warning', message })
  }

  /**
   * A name is the iteration of a loop that is open, else what was logged under it in exactly that context, else the run's. An aggregate
   * is that of the run, or of the iteration that is open.
   */
  async #valuesOf(
    entry: RunEntry,
    ofRow: Expression | undefined,
    values: RunValues,
  ): Promise<RowSelection['valueIn']> {
    const logged = new Map<string, LogValue>()
    for (const { name, aggregate } of ofRow === undefined ? [] : usesIn(ofRow)) {
      if (aggregate !== undefined) continue
      for (const { column } of await loadColumns(this.repository, entry, name)) {
        const { contexts } = column
        for (let row = 0; row < contexts.count; row++) {
          logged.set(`${name} ${contextKey(contextAt(contexts, row))}`, column.values[row] as LogValue)
        }
      }
    }
    return (context, { name, aggregate, by }) => {
      if (aggregate !== undefined) {
        return values.aggregateIn({ name, aggregate, ...(by !== undefined && { by }) }, context)
      }
      const iteration = context.findLast((it) => it.loop === name)
      if (iteration !== undefined) return iteration.label ?? iteration.index
      return logged.get(`${name} ${contextKey(context)}`) ?? constantOf(entry, name)
    }
  }
}

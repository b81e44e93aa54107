import type { FactColumn } from '../db/fact-block.js'
import { argumentFact, type Fact, type FactValue, propertyFact, summaryFact, Told } from '../db/facts.js'
import type { RunFacts } from '../db/run-facts.js'
import type { LogValue } from '../model/value.js'
import { mayBeBrief } from '../segment/summary.js'
import { aggregateValues } from './aggregate.js'
import type { Lookup } from './evaluate.js'
import type { Aggregate, NameUse } from './expression.js'
import { attributeBy, attributeProperty } from './run-attributes.js'

/** Thrown where facts do not tell and the run's entry must be read. Not an Error: it is thrown for many runs and says nothing of where. */
export const UNDECIDED = Symbol('undecided')

/** The facts that {@link FactLookup} asks for where these names are used. */
export function factsFor(uses: readonly NameUse[]): Fact[] {
  return uses.flatMap(({ name, aggregate }) => {
    const property = attributeProperty(name)
    return [
      summaryFact(summaryOf(aggregate), name),
      argumentFact(name),
      ...(property === undefined ? [] : [propertyFact(property)]),
    ]
  })
}

/** No summary has a median: any of its properties tells whether there are values. */
const summaryOf = (aggregate: Aggregate | undefined) =>
  aggregate === undefined ? 'last' : aggregate === 'p50' ? 'count' : aggregate

/** The columns that tell of one use of a name; undefined where no run has anything there. */
interface Columns {
  readonly summary: FactColumn | undefined
  readonly argument: FactColumn | undefined
  readonly property: FactColumn | undefined
}

/** What `runLookup` answers (run-lookup.ts), from facts, one run after the other. */
export class FactLookup {
  #nr = 0
  /** By aggregate ('' without one) and name. Making text for each of a hundred thousand runs would cost more than all the rest. */
  readonly #columns = new Map<string, Map<string, Columns>>()

  constructor(private readonly facts: RunFacts) {}

  /** The run that is asked about from now on, by its number; not one of `facts.fresh`. */
  moveTo(nr: number): void {
    this.#nr = nr
  }

  /** As `runLookup`. @throws UNDECIDED */
  readonly lookup: Lookup = (name, aggregate) => {
    const columns = this.#columnsOf(name, aggregate)
    const told = columns.summary === undefined ? Told.absent : columns.summary.at(this.#nr)
    if (told !== Told.absent) {
      if (aggregate === 'p50') throw UNDECIDED
      return valueTold(told)
    }
    const value = this.#constant(name, columns)
    return aggregate === undefined ? value : aggregateValues(value === undefined ? [] : [value], aggregate)
  }

  #constant(name: string, { argument, property }: Columns): LogValue | undefined {
    const told = argument === undefined ? Told.absent : argument.at(this.#nr)
    if (told !== Told.absent) return valueTold(told)
    return property && attributeBy(() => valueTold(property.at(this.#nr)), name)
  }

  #columnsOf(name: string, aggregate: Aggregate | undefined): Columns {
    let byName = this.#columns.get(aggregate ?? '')
    if (byName === undefined) {
      byName = new Map()
      this.#columns.set(aggregate ?? '', byName)
    }
    let columns = byName.get(name)
    if (columns === undefined) {
      const property = attributeProperty(name)
      columns = {
        summary: this.facts.column(summaryFact(summaryOf(aggregate), name)),
        argument: this.facts.column(argumentFact(name)),
        property: property && this.facts.column(propertyFact(property)),
      }
      byName.set(name, columns)
    }
    return columns
  }
}

/** A fact as a value; undefined where there is none. @throws UNDECIDED where only the entry, or the column, tells */
export function valueTold(told: FactValue): LogValue | undefined {
  if (typeof told === 'string' && mayBeBrief(told)) throw UNDECIDED
  if (typeof told !== 'symbol') return told
  if (told === Told.byEntry) throw UNDECIDED
  return undefined
}

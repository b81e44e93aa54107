import { BLOCK_RUNS, FactColumn } from './fact-block.js'
import { type Fact, type FactValue, propertyFact, Told } from './facts.js'
import { factKey } from './keys.js'
import type { Database } from './open-level.js'
import type { RunEntry } from './run-entry.js'

/** Some facts of all listed runs, by the runs' numbers. */
export class RunFacts {
  readonly #columns: ReadonlyMap<Fact, FactColumn>

  constructor(
    /** One more than the greatest number there is. */
    readonly size: number,
    columns: ReadonlyMap<Fact, FactColumn>,
    /** Runs of which no facts are here, and their entries. */
    readonly fresh: ReadonlyMap<number, RunEntry>,
  ) {
    this.#columns = columns
  }

  /** What a fact is for a run that is not among {@link fresh}; absent for one that was not asked for. */
  at(fact: Fact, nr: number): FactValue {
    const column = this.#columns.get(fact)
    return column === undefined ? Told.absent : column.at(nr)
  }

  /** One fact of all runs; undefined where no run has it. */
  column(fact: Fact): FactColumn | undefined {
    return this.#columns.get(fact)
  }
}

const STARTED = propertyFact('startedMs')

/** Reads facts, and nothing of any other: a block each for every 1,024 runs. When runs started is always among them. */
export async function readFacts(
  database: Database,
  size: number,
  facts: readonly Fact[],
): Promise<ReadonlyMap<Fact, FactColumn>> {
  const blocks = Math.ceil(size / BLOCK_RUNS)
  const wanted = [...new Set([STARTED, ...facts])]
  const keys = wanted.flatMap((fact) => Array.from({ length: blocks }, (_, block) => factKey(block, fact)))
  const found = await database.getMany(keys)
  const columns = new Map<Fact, FactColumn>()
  wanted.forEach((fact, i) => {
    const parts = found.slice(i * blocks, (i + 1) * blocks)
    if (parts.every((part) => part === undefined)) return
    const column = new FactColumn(blocks * BLOCK_RUNS)
    parts.forEach((data, block) => {
      if (data !== undefined) column.load(block * BLOCK_RUNS, data)
    })
    columns.set(fact, column)
  })
  return columns
}

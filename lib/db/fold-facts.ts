import { decodeEntry } from './entry-codec.js'
import { BLOCK_RUNS, FactColumn } from './fact-block.js'
import { type Fact, factsOf } from './facts.js'
import type { Write } from './fold.js'
import { freshRuns } from './fresh-runs.js'
import { entryKey, factKey, freshKey, parseFactKey, startingWith } from './keys.js'
import type { Database } from './open-level.js'
import type { RunEntry } from './run-entry.js'

/**
 * How many runs may wait for their facts to be put into blocks. Folding one run then writes its entry and nothing else, however many names it
 * logged; queries read the entries of the runs that wait.
 */
export const MOST_FRESH = 512

const EMPTY = new Uint8Array(0)

/**
 * What must be written for the facts of runs whose entries, by number, are new: a mark that they wait, or, once more than {@link MOST_FRESH} do, the
 * blocks of all that do.
 */
export async function foldFacts(
  database: Database,
  entries: ReadonlyMap<number, RunEntry>,
): Promise<Write[]> {
  if (entries.size === 0) return []
  const waiting = await freshRuns(database)
  const fresh = new Set([...waiting, ...entries.keys()])
  if (fresh.size <= MOST_FRESH)
    return Array.from(entries.keys(), (nr) => ({ type: 'put', key: freshKey(nr), value: EMPTY }))
  const byBlock = new Map<number, number[]>()
  for (const nr of fresh) {
    const block = Math.floor(nr / BLOCK_RUNS)
    const others = byBlock.get(block)
    if (others === undefined) byBlock.set(block, [nr])
    else others.push(nr)
  }
  const writes: Write[] = waiting.map((nr) => ({ type: 'del', key: freshKey(nr) }))
  for (const [block, numbers] of byBlock)
    writes.push(...(await rewriteBlock(database, block, numbers, entries)))
  return writes
}

async function rewriteBlock(
  database: Database,
  block: number,
  numbers: readonly number[],
  entries: ReadonlyMap<number, RunEntry>,
): Promise<Write[]> {
  const start = block * BLOCK_RUNS
  const columns = new Map<string, FactColumn>()
  for await (const [key, data] of database.iterator(startingWith(factKey(block, '')))) {
    const column = new FactColumn(BLOCK_RUNS)
    column.load(0, data)
    columns.set(parseFactKey(key), column)
  }
  const missing = numbers.filter((nr) => !entries.has(nr))
  const read = await database.getMany(missing.map(entryKey))
  const found = new Map(missing.map((nr, i) => [nr, read[i]]))
  for (const nr of numbers) {
    const data = found.get(nr)
    const entry = entries.get(nr) ?? (data && decodeEntry(data))
    for (const column of columns.values()) column.clear(nr - start)
    if (entry === undefined) continue
    for (const [fact, value] of factsOf(entry)) columnOf(columns, fact).set(nr - start, value)
  }
  const writes: Write[] = []
  for (const [fact, column] of columns) {
    const key = factKey(block, fact)
    const value = column.encode()
    writes.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value })
  }
  return writes
}

function columnOf(columns: Map<string, FactColumn>, fact: Fact): FactColumn {
  const known = columns.get(fact)
  if (known !== undefined) return known
  const made = new FactColumn(BLOCK_RUNS)
  columns.set(fact, made)
  return made
}

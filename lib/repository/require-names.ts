import type { RunIndex } from '../db/run-index.js'
import { KnownNames } from '../query/known-names.js'
import { type Expression, type NameUse, parsePredicate, parseSort, usesIn } from '../query/predicate.js'
import { isAttribute } from '../query/run-attributes.js'
import { needsRows } from '../query/run-lookup.js'

const KINDS = ['value', 'argument', 'loop'] as const

/**
 * What the names of a question stand for over all runs that are indexed: one that no run knows is a slip, and `or`, `is null` or a limit would hide
 * it. Reads a few keys a name, whatever the number of runs and names. `where` is the predicate that some of the uses are of.
 * @throws FlorError NAME_NOT_FOUND (data: name, candidates); UNSUPPORTED for an aggregate of a loop
 */
export async function requireNames(
  index: RunIndex,
  uses: readonly NameUse[],
  where?: Expression,
): Promise<KnownNames> {
  if (uses.every(({ name, by }) => by === undefined && isAttribute(name))) return new KnownNames()
  const names = new Set(uses.flatMap(({ name, by }) => (by === undefined ? [name] : [name, by])))
  const asked = [...names].flatMap((name) => KINDS.map((kind) => ({ kind, name })))
  const counts = await Promise.all(asked.map(({ kind, name }) => index.runsWith(kind, name)))
  const known = new KnownNames(asked.filter((_, i) => (counts[i] as number) > 0))
  // Only what is wrong needs to know what else there is.
  if ([...known.problems(uses, where)].length > 0 || known.isEmpty) {
    new KnownNames(await index.distinctNames()).require(uses, where)
  }
  return known
}

/**
 * The same for a question about whole runs, which have no iterations.
 * @throws FlorError NAME_NOT_FOUND; UNSUPPORTED for aggregates of loops, and for loops; PREDICATE_SYNTAX
 */
export async function requireNamesOfRuns(
  index: RunIndex,
  { where, sort }: { readonly where?: string; readonly sort?: string },
): Promise<void> {
  const predicate = where === undefined ? undefined : parsePredicate(where)
  const uses = [...(predicate ? usesIn(predicate) : []), ...(sort === undefined ? [] : parseSort(sort))]
  const known = await requireNames(index, uses, predicate)
  const ofIterations = uses.find((use) => known.kindOf(use) === 'loop')
  if (ofIterations !== undefined) throw needsRows(ofIterations)
}

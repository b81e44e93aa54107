import type { RunEntry } from '../db/run-entry.js'
import type { RunIndex } from '../db/run-index.js'
import type { RunOid } from '../model/oid.js'
import type { Expression } from '../query/predicate.js'

/**
 * The only runs that a predicate can hold for, where it begins by naming them (`run = '3f2a…'`, `run in (…)`, `run like '3f2a%'`, and perhaps more behind an
 * `and`): found by their keys. Undefined where it does not, or `run` is something that a run logged or read as an argument.
 */
export async function findNamedRuns(index: RunIndex, where: Expression): Promise<RunEntry[] | undefined> {
  const named = namesOf(firstConjunct(where))
  if (named === undefined) return undefined
  for (const kind of ['value', 'argument'] as const)
    if ((await index.runsWith(kind, 'run')) > 0) return undefined
  const oids = 'prefix' in named ? await index.findByPrefix(named.prefix) : (named.oids as readonly RunOid[])
  const entries = await Promise.all([...new Set(oids)].map((oid) => index.entry(oid)))
  return entries.filter((entry) => entry !== undefined)
}

/** What stands first is decided first: nothing else of the predicate is looked at for other runs. */
function firstConjunct(where: Expression): Expression {
  return where.kind === 'binary' && where.operator === 'and' ? firstConjunct(where.left) : where
}

function namesOf(
  part: Expression,
): { readonly oids: readonly string[] } | { readonly prefix: string } | undefined {
  if (part.kind === 'binary' && part.operator === '=' && isRun(part.left)) return literals([part.right])
  if (part.kind === 'in' && !part.negated && isRun(part.operand)) return literals(part.list)
  if (part.kind === 'like' && !part.negated && isRun(part.operand) && part.pattern.kind === 'literal') {
    const prefix = /^([0-9a-f]+)%$/.exec(String(part.pattern.value))?.[1]
    return prefix === undefined ? undefined : { prefix }
  }
  return undefined
}

const isRun = (part: Expression): boolean => part.kind === 'name' && part.name === 'run'

/** Anything but text would be refused for every run. */
function literals(parts: readonly Expression[]): { readonly oids: readonly string[] } | undefined {
  const oids = parts.map((part) => (part.kind === 'literal' ? part.value : undefined))
  return oids.every((oid) => typeof oid === 'string') ? { oids } : undefined
}

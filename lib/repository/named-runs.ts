import type { RunEntry } from '../db/run-entry.js'
import type { RunIndex } from '../db/run-index.js'
import { isOidBeginning, type RunOid } from '../model/oid.js'
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
  const oids = (await Promise.all(named.map((text) => oidsOf(index, text)))).flat()
  const entries = await Promise.all([...new Set(oids)].map((oid) => index.entry(oid)))
  return entries.filter((entry) => entry !== undefined)
}

/** What stands first is decided first: nothing else of the predicate is looked at for other runs. */
function firstConjunct(where: Expression): Expression {
  return where.kind === 'binary' && where.operator === 'and' ? firstConjunct(where.left) : where
}

/** As evaluate.ts compares oids: by their beginning, from four digits on. */
async function oidsOf(index: RunIndex, { text, isPrefix }: Named): Promise<RunOid[]> {
  if (isPrefix || isOidBeginning(text)) return index.findByPrefix(text.toLowerCase())
  return [text as RunOid]
}

/** An oid, or the beginning of some. */
interface Named {
  readonly text: string
  readonly isPrefix: boolean
}

function namesOf(part: Expression): readonly Named[] | undefined {
  if (part.kind === 'binary' && part.operator === '=' && isRun(part.left)) return literals([part.right])
  if (part.kind === 'in' && !part.negated && isRun(part.operand)) return literals(part.list)
  if (part.kind === 'like' && !part.negated && isRun(part.operand) && part.pattern.kind === 'literal') {
    const prefix = /^([0-9a-f]+)%$/.exec(String(part.pattern.value))?.[1]
    return prefix === undefined ? undefined : [{ text: prefix, isPrefix: true }]
  }
  return undefined
}

const isRun = (part: Expression): boolean => part.kind === 'name' && part.name === 'run'

/** Anything but text would be refused for every run. */
function literals(parts: readonly Expression[]): readonly Named[] | undefined {
  const texts = parts.map((part) => (part.kind === 'literal' ? part.value : undefined))
  if (!texts.every((text) => typeof text === 'string')) return undefined
  return texts.map((text) => ({ text, isPrefix: false }))
}

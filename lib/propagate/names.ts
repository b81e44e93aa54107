import { canStandFor } from './imports.js'
import type { Pairing } from './pairing.js'
import type { Binding, Statement, SyntaxTree, Token } from './syntax.js'

/** What the names of the new version are called in the old one. */
export interface NameImages {
  /** Old counterpart of each binding that has one. One to one. */
  readonly bindings: ReadonlyMap<Binding, Binding>
  /** Bindings that the old version has as a free name (a global), under that name. */
  readonly globals: ReadonlyMap<Binding, string>
  /** Members that were renamed everywhere, by their new name. */
  readonly fields: ReadonlyMap<string, string>
  /** The new binding of each old one: `bindings` the other way. */
  readonly origins: ReadonlyMap<Binding, Binding>
  /** All old bindings and free names seen in a binding's places, with the number of places, most first. */
  candidates(binding: Binding): readonly (readonly [Binding | string, number])[]
}

type Votes<T> = Map<T, Map<Binding | string, number>>

/** Reads renamed names off the paired statements: names in the same place of both vote for each other. */
export function findImages(newer: SyntaxTree, older: SyntaxTree, pairing: Pairing): NameImages {
  const votes: Votes<Binding> = new Map()
  const fieldVotes: Votes<string> = new Map()
  for (const [statement, image] of pairing.pairs) {
    for (const [a, b] of alignTokens(statement, image)) {
      if (a.role === 'field' && b.role === 'field') vote(fieldVotes, a.text, b.text, 1)
      if (a.role !== 'name' || b.role !== 'name' || !a.binding) continue
      const weight = a.isDeclaration && b.isDeclaration ? 2 : 1
      vote(votes, a.binding, b.binding ?? b.text, a.text === b.text ? weight + 0.5 : weight)
    }
  }
  voteForImports(newer, older, votes)
  voteForEqualNames(newer, pairing, older, votes)
  const { bindings, globals } = chooseBindings(votes)
  const origins = new Map([...bindings].map(([from, to]) => [to, from]))
  const candidates = (binding: Binding) => [...(votes.get(binding) ?? [])].sort((x, y) => y[1] - x[1])
  return { bindings, globals, origins, candidates, fields: chooseFields(newer, older, fieldVotes) }
}

function vote<T>(votes: Votes<T>, from: T, to: Binding | string, weight: number): void {
  const targets = votes.get(from) ?? new Map<Binding | string, number>()
  votes.set(from, targets)
  targets.set(to, (targets.get(to) ?? 0) + weight)
}

function voteForImports(newer: SyntaxTree, older: SyntaxTree, votes: Votes<Binding>): void {
  const imported = older.bindings.filter((binding) => binding.imported)
  for (const binding of newer.bindings) {
    if (!binding.imported) continue
    const same =
      imported.find((other) => isSameImport(binding, other)) ??
      imported.find((other) => canStandFor(newer, binding, older, other))
    if (same) vote(votes, binding, same, 20)
  }
}

function isSameImport({ imported: a }: Binding, { imported: b }: Binding): boolean {
  return a?.module === b?.module && a?.imported === b?.imported
}

/**
 * A name that the paired scope also has is most likely the same thing, when its declaration is paired, or uses
 * of it are, or both name functions. A name alone proves nothing.
 */
function voteForEqualNames(
  newer: SyntaxTree,
  pairing: Pairing,
  older: SyntaxTree,
  votes: Votes<Binding>,
): void {
  for (const binding of newer.bindings) {
    const block = pairing.blockImage(binding.block)
    if (!block) continue
    const same = older.resolve(binding.name, block)
    if (!same || same.block !== block) continue
    const isPaired = binding.declaredIn !== undefined && pairing.image(binding.declaredIn) === same.declaredIn
    const areParameters = binding.kind === 'parameter' && same.kind === 'parameter'
    const areFunctions = isCallable(binding) && isCallable(same)
    const isUsed = votes.get(binding)?.has(same) === true
    if (isPaired || areParameters || areFunctions || isUsed) vote(votes, binding, same, 3)
  }
}

/** A function or class, or an import, which may be one that moved to another file. */
function isCallable({ kind, imported }: Binding): boolean {
  return kind === 'function' || kind === 'class' || kind === 'import' || imported !== undefined
}

function chooseBindings(votes: Votes<Binding>): {
  bindings: Map<Binding, Binding>
  globals: Map<Binding, string>
} {
  const all: { from: Binding; to: Binding | string; weight: number }[] = []
  for (const [from, targets] of votes) for (const [to, weight] of targets) all.push({ from, to, weight })
  all.sort((x, y) => y.weight - x.weight || x.from.index - y.from.index)
  const bindings = new Map<Binding, Binding>()
  const globals = new Map<Binding, string>()
  const taken = new Set<Binding>()
  for (const { from, to } of all) {
    if (bindings.has(from) || globals.has(from)) continue
    if (typeof to === 'string') globals.set(from, to)
    else if (!taken.has(to)) {
      bindings.set(from, to)
      taken.add(to)
    }
  }
  return { bindings, globals }
}

/** A member counts as renamed when every paired use says so, and neither version knows the other's name. */
function chooseFields(newer: SyntaxTree, older: SyntaxTree, votes: Votes<string>): Map<string, string> {
  const fields = new Map<string, string>()
  let newerNames: Set<string> | undefined
  let olderNames: Set<string> | undefined
  for (const [from, targets] of votes) {
    const [only] = targets
    if (targets.size !== 1 || !only || typeof only[0] !== 'string' || only[0] === from || only[1] < 2)
      continue
    newerNames ??= new Set(newer.tokens.map(({ text }) => text))
    olderNames ??= new Set(older.tokens.map(({ text }) => text))
    if (!newerNames.has(only[0]) && !olderNames.has(from)) fields.set(from, only[0])
  }
  return fields
}

const maxCells = 40_000

/** Tokens in the same place of two heads: equal ones, and names or members that stand for each other. */
export function alignTokens(newer: Statement, older: Statement): [Token, Token][] {
  const a = newer.head
  const b = older.head
  if (a.length === b.length && a.every((token, i) => canCorrespond(token, b[i] as Token)))
    return a.map((token, i) => [token, b[i] as Token])
  if (a.length * b.length > maxCells) return []
  const width = b.length + 1
  const values = new Float64Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j
      const gain = gainOf(a[i] as Token, b[j] as Token)
      const skip = Math.max(values[at + width] as number, values[at + 1] as number)
      values[at] = gain > 0 ? Math.max(skip, gain + (values[at + width + 1] as number)) : skip
    }
  }
  const pairs: [Token, Token][] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const at = i * width + j
    const gain = gainOf(a[i] as Token, b[j] as Token)
    if (gain > 0 && values[at] === gain + (values[at + width + 1] as number))
      pairs.push([a[i++] as Token, b[j++] as Token])
    else if (values[at] === values[at + width]) i++
    else j++
  }
  return pairs
}

function canCorrespond(a: Token, b: Token): boolean {
  if (a.text === b.text) return true
  return a.role === b.role && (a.role === 'name' || a.role === 'field' || a.role === 'literal')
}

function gainOf(a: Token, b: Token): number {
  if (a.text === b.text) return a.role === 'mark' ? 1 : 2
  return canCorrespond(a, b) ? 0.5 : 0
}

import { canStandFor } from './imports.js'
import type { Pairing } from './pairing.js'
import { findPassedVariables } from './passed-variables.js'
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
  /**
   * Old bindings that stand in at least as many places of `binding` as `image` does: which of them it is, is a guess. A
   * declaration with all its tokens counts twice.
   */
  rivals(binding: Binding, image: Binding): readonly Binding[]
  /** Old bindings that are declared with the value of `binding`, word for word, while `image` is declared with another. */
  doubles(binding: Binding, image: Binding): readonly Binding[]
}

type Votes = Map<Binding, Map<Binding | string, number>>

/** What each member is called in paired places, and in how many: `to` is undefined once two places disagree. */
type FieldVotes = Map<string, { to: string | undefined; count: number }>

/** Reads renamed names off the paired statements: names in the same place of both vote for each other. */
export function findImages(newer: SyntaxTree, older: SyntaxTree, pairing: Pairing): NameImages {
  const votes: Votes = new Map()
  const places: Votes = new Map()
  const fieldVotes: FieldVotes = new Map()
  let declared: [Binding, Binding | string][] = []
  let renamedOnly = 0
  const compareTokens = (a: Token, b: Token): void => {
    if (a.text === b.text || (a.binding && b.binding)) renamedOnly++
    if (a.role === 'field' && b.role === 'field') voteForField(fieldVotes, a.text, b.text)
    if (a.role !== 'name' || b.role !== 'name' || !a.binding) return
    // `show(loss)` became of `show(step(batch))`: the value is not the function that makes it.
    if (a.text !== b.text && a.isCalled !== b.isCalled) return
    const target = b.binding ?? b.text
    const isDeclared = a.isDeclaration && b.isDeclaration
    if (isDeclared) declared.push([a.binding, target])
    vote(places, a.binding, target, 1)
    const weight = isDeclared ? 2 : 1
    vote(votes, a.binding, target, a.text === b.text ? weight + 0.5 : weight)
  }
  for (const [statement, image] of pairing.pairs) {
    declared = []
    renamedOnly = 0
    alignTokens(statement, image, compareTokens)
    if (renamedOnly === statement.head.length && renamedOnly === image.head.length)
      for (const [from, to] of declared) vote(places, from, to, 1)
  }
  voteForImports(newer, older, votes)
  voteForEqualNames(newer, pairing, older, votes)
  voteForParameters(newer, votes)
  const { bindings, globals } = chooseBindings(votes)
  const origins = new Map([...bindings].map(([from, to]) => [to, from]))
  const candidates = (binding: Binding) => [...(votes.get(binding) ?? [])].sort((x, y) => y[1] - x[1])
  const rivals = (binding: Binding, image: Binding) => {
    const seen = places.get(binding)
    const own = seen?.get(image) ?? 0
    return [...(seen ?? [])].flatMap(([other, count]) =>
      typeof other === 'object' && other !== image && count >= own ? other : [],
    )
  }
  const doubles = findDoubles(older, pairing)
  return {
    bindings,
    globals,
    origins,
    candidates,
    rivals,
    doubles,
    fields: chooseFields(newer, older, fieldVotes),
  }
}

/** What a declaration gives the one name that it declares: the tokens behind the name; undefined for plain literals. */
function declaredValue({ declaredIn, name }: Binding): string | undefined {
  if (declaredIn?.role !== 'declaration' || declaredIn.declares.length !== 1) return undefined
  const { head } = declaredIn
  const at = head.findIndex(({ isDeclaration, text }) => isDeclaration === true && text === name)
  const value = head.slice(at + 1)
  if (at === -1 || !value.some(({ role }) => role === 'name')) return undefined
  return value.map(({ text }) => text).join(' ')
}

/** Declarations whose own counterpart has the same value are spoken for. */
function findDoubles(older: SyntaxTree, pairing: Pairing): NameImages['doubles'] {
  let byValue: Map<string, Binding[]> | undefined
  return (binding, image) => {
    const value = declaredValue(binding)
    if (value === undefined || value === declaredValue(image)) return []
    byValue ??= groupByValue(older)
    return (byValue.get(value) ?? []).filter((other) => {
      const origin = other.declaredIn && pairing.origin(other.declaredIn)
      return (
        other !== image && !origin?.declares.some((one) => one !== binding && declaredValue(one) === value)
      )
    })
  }
}

function groupByValue({ bindings }: SyntaxTree): Map<string, Binding[]> {
  const groups = new Map<string, Binding[]>()
  for (const binding of bindings) {
    const value = declaredValue(binding)
    if (value === undefined) continue
    const group = groups.get(value)
    if (group) group.push(binding)
    else groups.set(value, [binding])
  }
  return groups
}

function voteForField(votes: FieldVotes, from: string, to: string): void {
  const before = votes.get(from)
  if (!before) votes.set(from, { to, count: 1 })
  else if (before.to === to) before.count++
  else before.to = undefined
}

function vote(votes: Votes, from: Binding, to: Binding | string, weight: number): void {
  let targets = votes.get(from)
  if (!targets) {
    targets = new Map()
    votes.set(from, targets)
  }
  targets.set(to, (targets.get(to) ?? 0) + weight)
}

function voteForImports(newer: SyntaxTree, older: SyntaxTree, votes: Votes): void {
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
function voteForEqualNames(newer: SyntaxTree, pairing: Pairing, older: SyntaxTree, votes: Votes): void {
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

/** A parameter is the variable that every call passes for it: what uses of one say, that counts for the other. */
function voteForParameters(newer: SyntaxTree, votes: Votes): void {
  for (const [parameter, variable] of findPassedVariables(newer)) {
    const own = votes.get(parameter) ?? []
    const passed = votes.get(variable)
    for (const [image, weight] of [...own]) {
      const other = passed?.get(image)
      if (typeof image === 'string' || other === undefined) continue
      vote(votes, parameter, image, other)
      vote(votes, variable, image, weight)
    }
  }
}

/** A function or class, or an import, which may be one that moved to another file. */
function isCallable({ kind, imported }: Binding): boolean {
  return kind === 'function' || kind === 'class' || kind === 'import' || imported !== undefined
}

function chooseBindings(votes: Votes): {
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

const knownTexts = new WeakMap<SyntaxTree, ReadonlySet<string>>()

/** The texts of all tokens of a tree. */
function textsOf(tree: SyntaxTree): ReadonlySet<string> {
  let texts = knownTexts.get(tree)
  if (!texts) {
    texts = new Set(tree.tokens.map(({ text }) => text))
    knownTexts.set(tree, texts)
  }
  return texts
}

/** A member counts as renamed when every paired use says so, and neither version knows the other's name. */
function chooseFields(newer: SyntaxTree, older: SyntaxTree, votes: FieldVotes): Map<string, string> {
  const fields = new Map<string, string>()
  let newerNames: ReadonlySet<string> | undefined
  let olderNames: ReadonlySet<string> | undefined
  for (const [from, { to, count }] of votes) {
    if (to === undefined || to === from || count < 2) continue
    newerNames ??= textsOf(newer)
    olderNames ??= textsOf(older)
    if (!newerNames.has(to) && !olderNames.has(from)) fields.set(from, to)
  }
  return fields
}

const maxCells = 40_000

/** Calls `pair` for tokens in the same place of two heads: equal ones, and names or members that stand for each other. */
function alignTokens(newer: Statement, older: Statement, pair: (a: Token, b: Token) => void): void {
  const a = newer.head
  const b = older.head
  if (haveSameForm(a, b)) {
    for (let i = 0; i < a.length; i++) pair(a[i] as Token, b[i] as Token)
    return
  }
  if (a.length * b.length > maxCells) return
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
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const at = i * width + j
    const gain = gainOf(a[i] as Token, b[j] as Token)
    if (gain > 0 && values[at] === gain + (values[at + width + 1] as number))
      pair(a[i++] as Token, b[j++] as Token)
    else if (values[at] === values[at + width]) i++
    else j++
  }
}

function haveSameForm(a: readonly Token[], b: readonly Token[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!canCorrespond(a[i] as Token, b[i] as Token)) return false
  return true
}

function canCorrespond(a: Token, b: Token): boolean {
  if (a.text === b.text) return true
  return a.role === b.role && (a.role === 'name' || a.role === 'field' || a.role === 'literal')
}

function gainOf(a: Token, b: Token): number {
  if (a.text === b.text) return a.role === 'mark' ? 1 : 2
  return canCorrespond(a, b) ? 0.5 : 0
}

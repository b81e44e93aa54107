import type { Binding, Statement, SyntaxTree, Token } from './syntax.js'

/** Gives equal strings equal numbers, over both trees. */
export class Interner {
  private readonly ids = new Map<string, number>()

  id(text: string): number {
    let id = this.ids.get(text)
    if (id === undefined) {
      id = this.ids.size
      this.ids.set(text, id)
    }
    return id
  }
}

/** Contents of more pairs of statements than these are compared for equality only. */
const maxLoose = 100

/** A multiset of weighted features, sorted by id. */
interface Bag {
  readonly ids: Int32Array
  readonly weights: Float64Array
  readonly total: number
}

/** Numbers that are equal for statements that read the same, by statement index. */
export interface Keys {
  /** Of the tokens outside the statement's blocks. */
  readonly head: Int32Array
  /** Of the whole statement, the arrangement of its blocks included. */
  readonly content: Int32Array
}

export function computeKeys(tree: SyntaxTree, interner: Interner): Keys {
  const count = tree.statements.length
  const head = new Int32Array(count)
  const content = new Int32Array(count)
  for (let i = count - 1; i >= 0; i--) {
    const statement = tree.statements[i] as Statement
    let text = ''
    for (const token of statement.head) text += `${token.text}\u0001`
    head[i] = interner.id(text)
    let whole = `\u0002${head[i]}`
    for (const block of statement.blocks) {
      whole += `\u0002${block.kind}`
      for (const child of block.statements) whole += `,${content[child.index]}`
    }
    content[i] = interner.id(whole)
  }
  return { head, content }
}

/** Compares statements of two trees. Rare tokens count more than frequent ones, marks count little. */
export class Similarity {
  private readonly interner = new Interner()
  private readonly counts: number[] = []
  private readonly total: number
  private readonly newerBags: (Bag | undefined)[] = []
  private readonly olderBags: (Bag | undefined)[] = []
  private readonly newerContents: (Map<number, number> | undefined)[] = []
  private readonly olderContents: (Map<number, number> | undefined)[] = []
  private readonly names = new Map<Statement, Map<string, number>>()
  private images: ReadonlyMap<Binding, Binding> = new Map()
  private imaged: ReadonlySet<Binding> = new Set()

  constructor(
    private readonly newer: SyntaxTree,
    private readonly older: SyntaxTree,
    private readonly newerKeys: Keys,
    private readonly olderKeys: Keys,
    private readonly apart: ReadonlySet<Statement>,
  ) {
    for (const tree of [newer, older]) {
      for (const statement of tree.statements) {
        const seen = new Set<number>()
        for (const token of statement.head) seen.add(this.interner.id(token.text))
        for (const id of seen) this.counts[id] = (this.counts[id] ?? 0) + 1
      }
    }
    this.total = newer.statements.length + older.statements.length + 1
  }

  /** From now on a name counts as equal to its image. */
  translate(images: ReadonlyMap<Binding, Binding>): void {
    this.images = images
    this.imaged = new Set(images.values())
    this.newerBags.length = 0
    this.olderBags.length = 0
  }

  /** How much a statement's head says: about 1 a rare word. */
  weight(statement: Statement): number {
    let sum = 0
    for (const token of statement.head) sum += this.tokenWeight(token.text, token.role === 'mark')
    return sum
  }

  /** Between 0 and 1: the shared part of the heads' tokens and of their neighbouring pairs. */
  heads(newer: Statement, older: Statement): number {
    if (this.newerKeys.head[newer.index] === this.olderKeys.head[older.index]) return 1
    const a = this.newerBags[newer.index] ?? this.bag(newer, true)
    const b = this.olderBags[older.index] ?? this.bag(older, false)
    this.newerBags[newer.index] = a
    this.olderBags[older.index] = b
    return dice(a, b)
  }

  /** Between 0 and 1: the shared part of all statements inside, by what their heads read. */
  contents(newer: Statement, older: Statement): number {
    const a = this.newerContents[newer.index] ?? contentsOf(this.newer, newer, this.newerKeys)
    const b = this.olderContents[older.index] ?? contentsOf(this.older, older, this.olderKeys)
    this.newerContents[newer.index] = a
    this.olderContents[older.index] = b
    let shared = 0
    let all = 0
    for (const [key, count] of a) {
      shared += 2 * Math.min(count, b.get(key) ?? 0)
      all += count
    }
    for (const count of b.values()) all += count
    const exact = all === 0 ? 0 : shared / all
    return exact < 0.6 ? Math.max(exact, this.looseContents(newer, older)) : exact
  }

  /** For small contents: how like its best counterpart each statement inside is, on average over both sides. */
  private looseContents(newer: Statement, older: Statement): number {
    const first = this.newer.statements.slice(newer.index + 1, newer.lastIndex)
    const second = this.older.statements.slice(older.index + 1, older.lastIndex)
    if (first.length * second.length > maxLoose) return 0
    const best = second.map(() => 0)
    let sum = 0
    for (const one of first) {
      let most = 0
      for (const [i, other] of second.entries()) {
        const heads = this.heads(one, other)
        most = Math.max(most, heads)
        best[i] = Math.max(best[i] ?? 0, heads)
      }
      sum += most
    }
    for (const most of best) sum += most
    return sum / (first.length + second.length)
  }

  /** Between 0 and 1, of the statements as wholes. */
  statements(newer: Statement, older: Statement): number {
    if (this.newerKeys.content[newer.index] === this.olderKeys.content[older.index]) return 1
    const heads = this.heads(newer, older)
    let similarity = heads
    if (this.holdsMore(newer) && this.holdsMore(older))
      similarity = 0.5 * heads + 0.5 * this.contents(newer, older)
    else if (newer.blocks.length !== older.blocks.length) similarity = 0.75 * heads
    else if (this.holdsMore(newer) || this.holdsMore(older)) similarity = 0.85 * heads
    if (newer.kind !== older.kind) similarity *= 0.75
    if (declaredName(newer) !== undefined && declaredName(newer) === declaredName(older))
      similarity = Math.max(similarity, 0.5 + 0.5 * similarity)
    return similarity
  }

  /** Between 0 and 1: how many of the names and members of one head the other has too; for any two statements. */
  affinity(a: Statement, b: Statement): number {
    const first = this.namesOf(a)
    const second = this.namesOf(b)
    let shared = 0
    let least = 0
    for (const [name, weight] of first) {
      if (second.has(name)) shared += weight
      least += weight
    }
    let other = 0
    for (const weight of second.values()) other += weight
    least = Math.min(least, other)
    return least === 0 ? 0 : shared / least
  }

  /** Whether both heads hold one literal that no other statement of either version has: the title of a test, a key. */
  shareRareLiteral(newer: Statement, older: Statement): boolean {
    const isRare = ({ role, text }: Token) =>
      role === 'literal' && text.length > 5 && this.counts[this.interner.id(text)] === 2
    const rare = newer.head.filter(isRare).map(({ text }) => text)
    return rare.length > 0 && older.head.some((token) => isRare(token) && rare.includes(token.text))
  }

  /** Whether a statement holds others than those that are to be propagated. */
  private holdsMore(statement: Statement): boolean {
    let count = statement.lastIndex - statement.index - 1
    for (const one of this.apart) if (one.start > statement.start && one.end <= statement.end) count--
    return count > 0
  }

  private namesOf(statement: Statement): Map<string, number> {
    let names = this.names.get(statement)
    if (!names) {
      names = new Map()
      for (const { role, text } of statement.head)
        if (role === 'name' || role === 'field') names.set(text, this.tokenWeight(text, false))
      this.names.set(statement, names)
    }
    return names
  }

  private tokenWeight(text: string, isMark: boolean): number {
    const count = this.counts[this.interner.id(text)] ?? 1
    const weight = Math.log2(1 + this.total / count) / Math.log2(1 + this.total)
    return isMark ? 0.15 * weight : weight
  }

  private bag(statement: Statement, isNewer: boolean): Bag {
    const features: [number, number][] = []
    let previous = ''
    let previousWeight = 0.2
    for (const token of statement.head) {
      const weight = this.tokenWeight(token.text, token.role === 'mark')
      let key = token.text
      const { binding } = token
      if (binding && isNewer) {
        const image = this.images.get(binding)
        if (image) key = `\u0000${image.index}`
      } else if (binding && this.imaged.has(binding)) key = `\u0000${binding.index}`
      features.push([this.interner.id(key), weight])
      const pairWeight = 0.6 * Math.min(weight, previousWeight) + 0.05
      features.push([this.interner.id(`${previous}\u0003${key}`), pairWeight])
      previous = key
      previousWeight = weight
    }
    features.sort((x, y) => x[0] - y[0])
    let total = 0
    for (const [, weight] of features) total += weight
    return {
      ids: Int32Array.from(features, ([id]) => id),
      weights: Float64Array.from(features, ([, weight]) => weight),
      total,
    }
  }
}

/** The name of the first thing a declaration declares: `train` of `function train`, `lr` of `const lr = …`. */
function declaredName(statement: Statement): string | undefined {
  if (statement.role === 'member') return statement.blocks[0]?.label || undefined
  return statement.role === 'import' ? undefined : statement.declares[0]?.name
}

function contentsOf(tree: SyntaxTree, statement: Statement, keys: Keys): Map<number, number> {
  const contents = new Map<number, number>()
  for (let i = statement.index + 1; i < statement.lastIndex; i++) {
    const key = keys.head[i] as number
    const size = Math.min(tree.statements[i]?.head.length ?? 1, 20)
    contents.set(key, (contents.get(key) ?? 0) + size)
  }
  return contents
}

function dice(a: Bag, b: Bag): number {
  let shared = 0
  let i = 0
  let j = 0
  while (i < a.ids.length && j < b.ids.length) {
    const x = a.ids[i] as number
    const y = b.ids[j] as number
    if (x === y) {
      shared += Math.min(a.weights[i] as number, b.weights[j] as number)
      i++
      j++
    } else if (x < y) i++
    else j++
  }
  const total = a.total + b.total
  return total === 0 ? 0 : (2 * shared) / total
}

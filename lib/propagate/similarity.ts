import { Bags, dice, FeatureNumbers, markShare, weighWords, wordWeight } from './bags.js'
import { areCompatible, areOtherLoops, findLoopNames, type LoopNames } from './compatible.js'
import type { Interner, Keys } from './keys.js'
import type { Binding, Statement, SyntaxTree, Token } from './syntax.js'

/** Contents of more pairs of statements than these are compared for equality only. */
const maxLoose = 100

/** Compares statements of two trees. Rare tokens count more than frequent ones, marks count little. */
export class Similarity {
  private readonly newerBags: Bags
  private readonly olderBags: Bags
  /** Of the words of both trees, by number. */
  private readonly wordWeights: Float64Array
  /** What a word says that stands in two heads. */
  private readonly pairWeight: number
  private readonly newerWeights: Float64Array
  private readonly olderWeights: Float64Array
  private readonly loopNames: LoopNames
  private readonly newerContents: (Map<number, number> | undefined)[] = []
  private readonly olderContents: (Map<number, number> | undefined)[] = []
  private readonly names = new Map<Statement, Map<string, number>>()

  constructor(
    private readonly newer: SyntaxTree,
    private readonly older: SyntaxTree,
    private readonly newerKeys: Keys,
    private readonly olderKeys: Keys,
    private readonly apart: ReadonlySet<Statement>,
    private readonly interner: Interner,
  ) {
    this.loopNames = findLoopNames(newer, older)
    this.wordWeights = weighWords([newerKeys, olderKeys], interner.size)
    this.pairWeight = wordWeight(2, newer.statements.length + older.statements.length)
    const numbers = new FeatureNumbers(interner.size)
    this.newerBags = new Bags(newer, newerKeys, this.wordWeights, numbers)
    this.olderBags = new Bags(older, olderKeys, this.wordWeights, numbers)
    this.newerWeights = this.weigh(newer, newerKeys)
    this.olderWeights = this.weigh(older, olderKeys)
  }

  /** From now on a name counts as equal to its image. */
  translate(images: ReadonlyMap<Binding, Binding>): void {
    const own = new Map([...images.values()].map((binding) => [binding, binding]))
    this.newerBags.translate(images)
    this.olderBags.translate(own)
  }

  /** How much a statement's head says: about 1 a rare word. */
  weight(statement: Statement): number {
    const isNewer = this.newer.statements[statement.index] === statement
    return (isNewer ? this.newerWeights : this.olderWeights)[statement.index] as number
  }

  private weigh(tree: SyntaxTree, { words, wordStarts }: Keys): Float64Array {
    const weights = new Float64Array(tree.statements.length)
    for (const { head, index } of tree.statements) {
      let sum = 0
      let at = wordStarts[index] as number
      for (const { role } of head) {
        const weight = this.wordWeights[words[at++] as number] as number
        sum += role === 'mark' ? markShare * weight : weight
      }
      weights[index] = sum
    }
    return weights
  }

  /** Between 0 and 1: the shared part of the heads' tokens and of their neighbouring pairs. */
  heads(newer: Statement, older: Statement): number {
    if (this.newerKeys.head[newer.index] === this.olderKeys.head[older.index]) return 1
    return dice(this.newerBags.of(newer), this.olderBags.of(older))
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

  /** Whether two statements can be one in another form: blocks of compatible kinds, and not two flor loops. */
  canPair(newer: Statement, older: Statement): boolean {
    return areCompatible(newer, older) && !areOtherLoops(newer, older, this.loopNames)
  }

  /** Between 0 and 1, of the statements as wholes. */
  statements(newer: Statement, older: Statement): number {
    if (this.newerKeys.content[newer.index] === this.olderKeys.content[older.index]) return 1
    const heads = this.heads(newer, older)
    let similarity = heads
    const areLoops = repeats(newer) && repeats(older)
    // A loop in another form shares little of its head.
    const share = areLoops ? 0.3 : 0.5
    if (this.holdsMore(newer) && this.holdsMore(older))
      similarity = share * heads + (1 - share) * this.contents(newer, older)
    else if (newer.blocks.length !== older.blocks.length) similarity = 0.75 * heads
    else if (this.holdsMore(newer) || this.holdsMore(older)) similarity = 0.85 * heads
    if (newer.kind !== older.kind && !areLoops) similarity *= 0.75
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
      role === 'literal' &&
      text.length > 5 &&
      (this.wordWeights[this.interner.id(text)] as number) >= this.pairWeight
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
        if (role === 'name' || role === 'field')
          names.set(text, this.wordWeights[this.interner.id(text)] as number)
      this.names.set(statement, names)
    }
    return names
  }
}

/** A loop, in any of its forms. */
function repeats({ blocks: [first] }: Statement): boolean {
  return first?.repeats === true
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

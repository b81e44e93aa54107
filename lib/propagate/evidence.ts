import type { Comparison } from './compare.js'
import type { Gap, Neighbourhood } from './siblings.js'
import { positionIn } from './siblings.js'
import { type Surroundings, surroundings } from './surroundings.js'
import type { Statement, SyntaxTree, Token } from './syntax.js'

/** What speaks for and against one gap: shares between 0 and 1, flags, or logarithms of counts. The model weighs them. */
export interface Evidence {
  readonly [feature: string]: number
}

/** A gap, and the evidence for it. */
export interface RatedGap {
  readonly gap: Gap
  readonly evidence: Evidence
}

/** Alternatives of one placement: the gaps in question, and that the right place is none of them. */
export interface Alternatives {
  readonly gaps: readonly RatedGap[]
  readonly elsewhere: Evidence
}

/** What the evidence is read from. `unit` is the statement to place, `apart` those that are no evidence. */
export interface Question {
  readonly newer: SyntaxTree
  readonly older: SyntaxTree
  readonly comparison: Comparison
  readonly unit: Statement
  readonly place: Neighbourhood
  readonly apart: ReadonlySet<Statement>
}

/** So many gaps are in question at most: all between the neighbours' images, and the nearest ones around. */
const maxGaps = 70
/** Where the images leave more gaps than that, those nearest to one of them. */
const maxGapsBetween = 400
/** So many unpaired neighbours are compared with each statement between the images. */
const maxCompared = 12
/** So far a definition or use is looked for; further ones count as this far. */
const farAway = 30

/** The gaps of the neighbourhood's block that are in question, in the order of the text. */
export function gapsInQuestion({ block, low, high }: Neighbourhood): Gap[] {
  const distance = (position: number) => Math.min(Math.abs(position - low), Math.abs(position - high))
  const nearest = (positions: number[], most: number) =>
    positions.length <= most ? positions : positions.sort((a, b) => distance(a) - distance(b)).slice(0, most)
  const between = nearest(range(low, high), maxGapsBetween)
  const around = [
    ...range(Math.max(0, low - maxGaps), low - 1),
    ...range(high + 1, Math.min(block.statements.length, high + maxGaps)),
  ]
  const positions = [...between, ...nearest(around, Math.max(0, maxGaps - between.length))]
  return positions.sort((a, b) => a - b).map((position) => ({ block, position }))
}

/** Whole numbers from `first` to `last`, both included. */
function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
}

/** Collects evidence for gaps of the neighbourhood's block, one entry a gap, in their order; and for `elsewhere`. */
export function collectEvidence(question: Question, gaps: readonly Gap[]): Alternatives {
  const reader = new GapReader(question)
  const context = contextOf(question, gaps.length, reader)
  const rated = gaps.map((gap) => ({ gap, evidence: { ...context, ...reader.read(gap) } }))
  for (const feature of ['simAbove', 'simBelow', 'leadComment', 'affinityAbove'])
    addLead(
      rated.map(({ evidence }) => evidence),
      feature,
    )
  return { gaps: rated, elsewhere: { ...context, elsewhere: 1 } }
}

/** What is known of the statement and its neighbourhood as a whole, the same for all gaps. */
function contextOf(
  { comparison, unit, place }: Question,
  gapCount: number,
  { own, at, leading, trailing }: GapReader,
): Evidence {
  const { pairing, similarity } = comparison
  const { owner } = unit.block
  const ownerImage = owner && pairing.image(owner)
  const paired = own.filter((one) => one !== unit && pairing.image(one)).length
  const doubt = (statement: Statement | undefined) => {
    const image = statement && pairing.image(statement)
    return image ? 1 - similarity.heads(statement, image) : 1
  }
  return {
    gapCount: Math.log1p(gapCount),
    width: Math.log1p(place.high - place.low),
    blockSize: Math.log1p(place.block.statements.length),
    newAbove: Math.log1p(place.before.length),
    newBelow: Math.log1p(place.after.length),
    isCrossed: Number(place.isCrossed),
    hasImage: Number(pairing.blockImage(unit.block) !== undefined),
    previousDoubt: doubt(place.previous),
    nextDoubt: doubt(place.next),
    pairedShare: own.length < 2 ? 0.5 : paired / (own.length - 1),
    ownerSame: owner && ownerImage ? similarity.heads(owner, ownerImage) : Number(owner === undefined),
    leadingBlank: Number(leading.isBlank),
    trailingBlank: Number(trailing.isBlank),
    affinityAboveNew: at > 0 ? similarity.affinity(unit, own[at - 1] as Statement) : 0,
    affinityBelowNew: at < own.length - 1 ? similarity.affinity(unit, own[at + 1] as Statement) : 0,
    elsewhere: 0,
  }
}

function withoutApart(unit: Statement, apart: ReadonlySet<Statement>): Statement[] {
  return unit.block.statements.filter((one) => one === unit || !apart.has(one))
}

/** Reads the evidence for single gaps of one question. */
class GapReader {
  /** The unit and its siblings that are evidence, and where the unit stands among them. */
  readonly own: readonly Statement[]
  readonly at: number
  private readonly siblings: readonly Statement[]
  /** For each old sibling: -1 when its origin stands above the unit, 1 when below, 0 when neither is known. */
  private readonly sides: Int8Array
  /** Sums of `sides`: how many of the first `i` siblings belong below (`above`: above) the unit. */
  private readonly below: Float64Array
  private readonly above: Float64Array
  private readonly likeBefore: Float64Array
  private readonly likeAfter: Float64Array
  private readonly uses: Uint8Array
  readonly leading: Surroundings
  readonly trailing: Surroundings
  private readonly reads: ReadonlySet<string>
  private readonly declares: ReadonlySet<string>
  private readonly definedAt: number
  private readonly usedAt: number
  private readonly shape: string

  constructor(private readonly question: Question) {
    const { newer, unit, place, apart } = question
    this.own = withoutApart(unit, apart)
    this.at = this.own.indexOf(unit)
    this.siblings = place.block.statements
    this.sides = Int8Array.from(this.siblings, (one) => this.sideOf(one))
    this.below = sums(this.sides, (side) => Number(side > 0))
    this.above = sums(this.sides, (side) => Number(side < 0))
    const { own, at } = this
    this.leading = surroundings(newer, own[at - 1]?.end ?? unit.block.start, unit.start)
    this.trailing = surroundings(newer, unit.end, own[at + 1]?.start ?? unit.block.end)
    this.reads = new Set(
      unit.head.filter((token) => token.role === 'name' && !token.isDeclaration).map(({ text }) => text),
    )
    this.declares = new Set(unit.declares.map(({ name }) => name))
    this.definedAt = this.lastDefinition(own, at - 1)
    this.usedAt = this.firstUse(own, at + 1)
    this.shape = shapeOf(unit)
    const between = this.siblings.slice(place.low, place.high)
    const { pairing } = question.comparison
    const isFree = (statement: Statement) => pairing.origin(statement) === undefined
    const like = (others: readonly Statement[]) =>
      sums(between, (one) => (isFree(one) ? this.mostLike(one, others.slice(0, maxCompared)) : 0))
    this.likeBefore = like([...place.before].reverse())
    this.likeAfter = like(place.after)
    this.uses = Uint8Array.from(between, (one) => Number(this.isUse(one)))
  }

  read(gap: Gap): Evidence {
    const { comparison, older, unit, place } = this.question
    const { similarity } = comparison
    const { siblings, own, at } = this
    const { position } = gap
    const above = siblings[position - 1]
    const below = siblings[position]
    const left = Math.min(Math.max(position - place.low, 0), place.high - place.low)
    const between = surroundings(older, above?.end ?? gap.block.start, below?.start ?? gap.block.end)
    const previous = place.previous && this.positionOfImage(place.previous)
    const next = place.next && this.positionOfImage(place.next)
    const affinity = (one: Statement | undefined) => (one ? similarity.affinity(unit, one) : 0)
    const heads = (one: Statement | undefined) => (one ? similarity.heads(unit, one) : 0)
    const used = this.firstUse(siblings, position)
    const defined = this.lastDefinition(siblings, position - 1)
    return {
      ...this.order(position),
      outside: Math.log1p(Math.max(place.low - position, position - place.high, 0)),
      share: this.share(left),
      likeBefore: balance(this.likeBefore, left),
      likeAfter: -balance(this.likeAfter, left),
      behindUse: Number(this.uses.subarray(0, left).includes(1)),
      behindPrevious: previous === undefined ? -9 : signedLog(position - previous - 1),
      beforeNext: next === undefined ? -9 : signedLog(next - position),
      simAbove: this.similar(own[at - 1], above),
      simBelow: this.similar(own[at + 1], below),
      simAbove2: this.similar(own[at - 2], siblings[position - 2]),
      simBelow2: this.similar(own[at + 2], siblings[position + 1]),
      simAboveSkipNew: this.similarBoth(own[at - 2], above),
      simAboveSkipOld: this.similarBoth(own[at - 1], siblings[position - 2]),
      simBelowSkipOld: this.similarBoth(own[at + 1], siblings[position + 1]),
      sameAbove: this.same(own[at - 1], above),
      sameBelow: this.same(own[at + 1], below),
      isTop: Number(above === undefined),
      isBottom: Number(below === undefined),
      leadComment: Number(this.leading.comments.some((text) => between.comments.includes(text))),
      trailComment: Number(this.trailing.comments.some((text) => between.comments.includes(text))),
      isBlank: Number(between.isBlank),
      blankMissing: Number((this.leading.isBlank || this.trailing.isBlank) && !between.isBlank),
      headsAbove: heads(above),
      headsBelow: heads(below),
      affinityAbove: affinity(above),
      affinityBelow: affinity(below),
      affinityBroken: above && below ? similarity.affinity(above, below) : 0,
      shapeAbove: Number(above !== undefined && shapeOf(above) === this.shape),
      shapeBelow: Number(below !== undefined && shapeOf(below) === this.shape),
      firstTokenAbove: Number(above?.head[0]?.text === unit.head[0]?.text),
      firstTokenBelow: Number(below?.head[0]?.text === unit.head[0]?.text),
      defined: Math.log1p(defined),
      definedNearer: Math.log1p(defined) - Math.log1p(this.definedAt),
      used: Math.log1p(used),
      usedNearer: Math.log1p(used) - Math.log1p(this.usedAt),
    }
  }

  /** How many statements that stand above or below the unit would do so here, too (`agree`, near ones only), or not. */
  private order(position: number): Evidence {
    const wrong =
      (this.below[position] as number) + ((this.above.at(-1) as number) - (this.above[position] as number))
    let wrongNear = 0
    let agree = 0
    for (let i = position - 3; i < position + 3; i++) {
      const side = this.sides[i]
      if (side === undefined || side === 0) continue
      if (side < 0 === i < position) agree++
      else wrongNear++
    }
    return { wrong: Math.log1p(wrong), wrongNear, agree }
  }

  /** How far the gap is from dividing the range as the unit divides its unpaired neighbours. */
  private share(left: number): number {
    const { low, high, before, after } = this.question.place
    const total = before.length + after.length
    const expected = total === 0 ? 0.5 : before.length / total
    return high === low ? 0 : Math.abs(left / (high - low) - expected)
  }

  private sideOf(older: Statement): number {
    const { comparison, unit } = this.question
    const origin = comparison.pairing.origin(older) ?? this.sameLog(older)
    if (!origin || origin === unit || origin.block !== unit.block) return 0
    return origin.position < unit.position ? -1 : 1
  }

  /** The unit's sibling that logs what an unpaired old statement logs: one of several statements it was made into. */
  private sameLog(older: Statement): Statement | undefined {
    if (older.logNames.length === 0) return undefined
    const { unit } = this.question
    return unit.block.statements.find(
      (statement) => statement !== unit && statement.logNames.some((name) => older.logNames.includes(name)),
    )
  }

  private positionOfImage(statement: Statement): number | undefined {
    const { comparison, place } = this.question
    const image = comparison.pairing.image(statement)
    return image && positionIn(place.block, image)
  }

  private mostLike(older: Statement, others: readonly Statement[]): number {
    const { similarity } = this.question.comparison
    return others.reduce((best, other) => Math.max(best, similarity.statements(other, older)), 0)
  }

  /** 1 for pairs and for two ends of a block, else the similarity. */
  private similar(newer: Statement | undefined, older: Statement | undefined): number {
    if (!newer || !older) return Number(!newer && !older)
    const { pairing, similarity } = this.question.comparison
    return pairing.image(newer) === older ? 1 : 0.9 * similarity.statements(newer, older)
  }

  private similarBoth(newer: Statement | undefined, older: Statement | undefined): number {
    return newer && older ? this.similar(newer, older) : 0
  }

  private same(newer: Statement | undefined, older: Statement | undefined): number {
    if (!newer || !older) return Number(!newer && !older)
    const { newerKeys, olderKeys } = this.question.comparison
    return Number(newerKeys.content[newer.index] === olderKeys.content[older.index])
  }

  private isUse(statement: Statement): boolean {
    return statement.head.some((token) => isNameOf(token, this.declares))
  }

  /** Statements between a place and the first use of what the unit declares, from `from` on. */
  private firstUse(list: readonly Statement[], from: number): number {
    if (this.declares.size === 0) return farAway
    for (let i = from; i < Math.min(list.length, from + farAway); i++)
      if (list[i]?.head.some((token) => token.role === 'name' && this.declares.has(token.text)))
        return i - from
    return farAway
  }

  /** Statements between a place and the last definition of what the unit reads, from `from` upwards. */
  private lastDefinition(list: readonly Statement[], from: number): number {
    for (let i = from; i >= Math.max(0, from - farAway); i--)
      if (list[i]?.head.some((token) => (token.isDeclaration || token.isWrite) && this.reads.has(token.text)))
        return from - i
    return farAway
  }
}

function isNameOf(token: Token, names: ReadonlySet<string>): boolean {
  return token.role === 'name' && !token.isDeclaration && names.has(token.text)
}

/** The form of a head: names, members and literals do not count. */
function shapeOf({ head }: Statement): string {
  let shape = ''
  for (const { role, text } of head) shape += `${role === 'word' || role === 'mark' ? text : role} `
  return shape
}

/** Running sums of what `value` gives, one entry more than the list. */
function sums<T>(list: ArrayLike<T>, value: (item: T) => number): Float64Array {
  const result = new Float64Array(list.length + 1)
  for (let i = 0; i < list.length; i++) result[i + 1] = (result[i] as number) + value(list[i] as T)
  return result
}

/** The sum of the first `left` entries less that of the others. */
function balance(running: Float64Array, left: number): number {
  return 2 * (running[left] as number) - (running.at(-1) as number)
}

function signedLog(count: number): number {
  return Math.sign(count) * Math.log1p(Math.abs(count))
}

/** Adds `<feature>Lead`: by how much each gap surpasses the best of the others. */
function addLead(evidence: Record<string, number>[], feature: string): void {
  const values = evidence.map((one) => one[feature] ?? 0)
  const [first = 0, second = 0] = [...values].sort((a, b) => b - a)
  for (const [i, one] of evidence.entries()) {
    const value = values[i] as number
    one[`${feature}Lead`] = value - (value === first ? second : first)
  }
}

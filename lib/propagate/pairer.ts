import { align, longestIncreasing } from './align.js'
import { areCompatibleKinds } from './compatible.js'
import { type BlockVotes, pairContainers } from './containers.js'
import { diff } from './diff.js'
import type { Keys } from './keys.js'
import { loopChain, sameLoops } from './loops.js'
import { Pairing } from './pairing.js'
import type { Similarity } from './similarity.js'
import type { Block, Statement, SyntaxTree } from './syntax.js'

const maxRounds = 4
const firstThreshold = 0.55
const secondThreshold = 0.45

/** Pairs what it can of two versions in {@link Pairer.run}, and more in {@link Pairer.refine} once names are known. */
export class Pairer {
  readonly pairing = new Pairing()
  /** Pairs of equal heads on which the diff of both files' statements agrees. */
  private readonly candidates = new Map<Statement, Statement>()
  private votes: BlockVotes | undefined
  private readonly aligned = new Set<Block>()
  private threshold = firstThreshold

  constructor(
    private readonly newer: SyntaxTree,
    private readonly older: SyntaxTree,
    private readonly newerKeys: Keys,
    private readonly olderKeys: Keys,
    private readonly similarity: Similarity,
    private readonly apart: ReadonlySet<Statement>,
  ) {}

  run(): void {
    this.findCandidates()
    this.pairing.addBlocks(this.newer.program, this.older.program)
    this.votes = pairContainers(this.newer, this.older, this.candidates, this.similarity, this.pairing)
    this.alignBlocks(this.newer.program, this.older.program)
    this.alignMoved()
    this.pairMoved()
    this.alignMoved()
  }

  /** A second pass over what is unpaired, once names are known. */
  refine(): void {
    this.threshold = secondThreshold
    this.aligned.clear()
    this.alignBlocks(this.newer.program, this.older.program)
    this.alignMoved()
  }

  private findCandidates(): void {
    let newer = this.newer.statements.filter((statement) => !this.apart.has(statement))
    let older: readonly Statement[] = this.older.statements
    // What is left after one round are stretches that moved: each further round finds one more.
    for (let round = 0; round < maxRounds; round++) {
      const found = new Set<Statement>()
      const first = newer.map((statement) => this.newerKeys.head[statement.index] as number)
      const second = older.map((statement) => this.olderKeys.head[statement.index] as number)
      for (const { a, b, length } of diff(first, second)) {
        for (let i = 0; i < length; i++) {
          const one = newer[a + i] as Statement
          const other = older[b + i] as Statement
          this.candidates.set(one, other)
          found.add(one).add(other)
        }
      }
      if (found.size === 0) break
      newer = newer.filter((statement) => !found.has(statement))
      older = older.filter((statement) => !found.has(statement))
    }
    this.addLoopCandidates(newer, older)
    for (const statement of this.apart) {
      const isSame = (other: Statement) =>
        statement.logNames.length > 0
          ? other.logNames.join('\n') === statement.logNames.join('\n')
          : this.olderKeys.content[other.index] === this.newerKeys.content[statement.index]
      const [same, ...more] = this.older.statements.filter(isSame)
      if (same && more.length === 0) this.candidates.set(statement, same)
    }
  }

  /** Loops of one flor name, the only ones of it, are the same loop. */
  private addLoopCandidates(newer: readonly Statement[], older: readonly Statement[]): void {
    const loopOf = (statement: Statement) => statement.blocks.find(({ loop }) => loop !== undefined)?.loop
    for (const statement of newer) {
      const loop = loopOf(statement)
      if (loop === undefined || newer.filter((other) => loopOf(other) === loop).length > 1) continue
      const same = older.filter((other) => loopOf(other) === loop)
      if (same.length === 1 && same[0]) this.candidates.set(statement, same[0])
    }
  }

  /** Aligns two paired blocks and everything below. */
  private alignBlocks(newerBlock: Block, olderBlock: Block): void {
    if (this.aligned.has(newerBlock)) return
    this.aligned.add(newerBlock)
    const newer = this.unwrap(newerBlock, olderBlock, true)
    const older = this.unwrap(olderBlock, newerBlock, false)
    const places = new Map(older.map((statement, place) => [statement, place]))
    for (const statement of newer) {
      const candidate = this.candidates.get(statement)
      if (candidate && places.has(candidate) && this.areEqualForms(statement, candidate))
        this.pairing.add(statement, candidate)
    }
    const fixed = newer.flatMap((statement, place): [number, number][] => {
      const image = this.pairing.image(statement)
      const other = image && places.get(image)
      return other === undefined ? [] : [[place, other]]
    })
    const kept = longestIncreasing(fixed.map(([, place]) => place)).map((i) => fixed[i] as [number, number])
    let a = 0
    let b = 0
    for (const [nextA, nextB] of [...kept, [newer.length, older.length] as [number, number]]) {
      this.alignGap(newer.slice(a, nextA), older.slice(b, nextB))
      a = nextA + 1
      b = nextB + 1
    }
    for (const statement of newer) this.alignInside(statement)
  }

  private areEqualForms(newer: Statement, older: Statement): boolean {
    return newer.blocks.length === 0 || this.similarity.canPair(newer, older)
  }

  private alignGap(newer: readonly Statement[], older: readonly Statement[]): void {
    const first = newer.filter(
      (statement) =>
        !this.pairing.image(statement) && (statement.logNames.length > 0 || !this.apart.has(statement)),
    )
    const second = older.filter((statement) => !this.pairing.origin(statement))
    const pairs = align(
      first.length,
      second.length,
      (i, j) => this.compareStatements(first[i] as Statement, second[j] as Statement),
      this.threshold,
    )
    for (const [i, j] of pairs) this.pairing.add(first[i] as Statement, second[j] as Statement)
  }

  private compareStatements(newer: Statement, older: Statement): number {
    if (!this.similarity.canPair(newer, older)) return 0
    if (this.apart.has(newer) && older.logNames.length === 0) return 0
    if (newer.logNames.length > 0 && older.logNames.length > 0) {
      const shared = newer.logNames.some((name) => older.logNames.includes(name))
      return shared ? Math.max(0.8, this.similarity.statements(newer, older)) : 0
    }
    return this.similarity.statements(newer, older)
  }

  private alignInside(statement: Statement): void {
    const image = this.pairing.image(statement)
    if (!image || statement.blocks.length === 0) return
    this.pairBlocks(statement, image)
    for (const block of statement.blocks) {
      const other = this.pairing.blockImage(block)
      if (other) this.alignBlocks(block, other)
    }
  }

  private pairBlocks(newer: Statement, older: Statement): void {
    const byLabel = groupByLabel(older.blocks)
    for (const sameLabel of [true, false]) {
      for (const block of newer.blocks) {
        if (this.pairing.blockImage(block)) continue
        const votes = this.votes?.of(block)
        let other: Block | undefined
        let most = -1
        for (const choice of sameLabel ? (byLabel.get(block.label) ?? []) : older.blocks) {
          if (this.pairing.blockOrigin(choice) || !areCompatibleKinds(block, choice)) continue
          const count = votes?.get(choice) ?? 0
          if (count > most) {
            other = choice
            most = count
          }
        }
        if (other && (sameLabel || most > 0 || isSameRank(block, other))) this.pairing.addBlocks(block, other)
      }
    }
  }

  /** Aligns the containers that were paired across different blocks. */
  private alignMoved(): void {
    for (const [statement] of [...this.pairing.pairs]) this.alignInside(statement)
  }

  /** Statements equal as wholes, unpaired, and the only ones of their kind on each side, have moved. */
  private pairMoved(): void {
    const olderByKey = new Map<number, Statement | undefined>()
    for (const statement of this.older.statements) {
      if (this.pairing.origin(statement)) continue
      const key = this.olderKeys.content[statement.index] as number
      olderByKey.set(key, olderByKey.has(key) ? undefined : statement)
    }
    const newerByKey = new Map<number, Statement | undefined>()
    for (const statement of this.newer.statements) {
      if (this.pairing.image(statement) || this.apart.has(statement)) continue
      const key = this.newerKeys.content[statement.index] as number
      newerByKey.set(key, newerByKey.has(key) ? undefined : statement)
    }
    for (const [key, statement] of newerByKey) {
      const other = olderByKey.get(key)
      if (!statement || !other || this.similarity.weight(statement) < 1.2) continue
      this.pairing.add(statement, other)
    }
    this.pairNamed()
    this.pairLogs()
  }

  /** Logs of one name, the only ones of it, are the same log. */
  private pairLogs(): void {
    const names = (statement: Statement) => statement.logNames.join('\n')
    const byName = (statements: readonly Statement[]) => {
      const map = new Map<string, Statement | undefined>()
      for (const statement of statements)
        if (statement.logNames.length > 0)
          map.set(names(statement), map.has(names(statement)) ? undefined : statement)
      return map
    }
    const olderByName = byName(this.older.statements)
    for (const [name, statement] of byName(this.newer.statements)) {
      const other = olderByName.get(name)
      if (!statement || !other || !this.similarity.canPair(statement, other)) continue
      const isSure =
        !this.apart.has(statement) ||
        sameLoops(loopChain(this.newer, statement.block), loopChain(this.older, other.block))
      if (isSure) this.pairing.add(statement, other)
    }
  }

  /** Functions of one name, the only ones of it, are the same function wherever they went. */
  private pairNamed(): void {
    const olderByName = new Map<string, Statement | undefined>()
    const name = (statement: Statement) => {
      const block = statement.blocks[0]
      return block && (block.kind === 'function' || block.kind === 'members') ? block.label : ''
    }
    for (const statement of this.older.statements) {
      if (this.pairing.origin(statement) || name(statement) === '') continue
      olderByName.set(name(statement), olderByName.has(name(statement)) ? undefined : statement)
    }
    for (const statement of this.newer.statements) {
      if (this.pairing.image(statement) || this.apart.has(statement)) continue
      const other = olderByName.get(name(statement))
      if (
        other &&
        this.similarity.canPair(statement, other) &&
        this.similarity.statements(statement, other) > 0.3
      )
        this.pairing.add(statement, other)
    }
  }

  /**
   * The statements of a block, with those inside a wrapper (an `if`, `try`, callback) in the wrapper's place
   * when the other version holds them without it.
   */
  private unwrap(block: Block, other: Block, isNewer: boolean): Statement[] {
    const list: Statement[] = []
    for (const statement of block.statements) {
      const isPaired = isNewer ? this.pairing.image(statement) : this.pairing.origin(statement)
      const inner =
        isPaired || statement.role === 'function' || statement.role === 'member'
          ? undefined
          : statement.blocks.find((one) => {
              const votes = (isNewer ? this.votes?.get(one, other) : this.votes?.get(other, one)) ?? 0
              return votes > 0.3 * this.blockWeight(one)
            })
      if (inner) for (const one of this.unwrap(inner, other, isNewer)) list.push(one)
      else list.push(statement)
    }
    return list
  }

  private blockWeight(block: Block): number {
    let sum = 0
    for (const statement of block.statements) sum += this.similarity.weight(statement)
    return sum
  }
}

/** Whether two blocks are the same in number among their siblings of their kind. */
function isSameRank(newer: Block, older: Block): boolean {
  return rankOf(newer) === rankOf(older)
}

function rankOf(block: Block): number {
  let rank = 0
  for (const other of block.owner?.blocks ?? []) {
    if (other === block) return rank
    if (other.kind === block.kind) rank++
  }
  return -1
}

function groupByLabel(blocks: readonly Block[]): Map<string, Block[]> {
  const groups = new Map<string, Block[]>()
  for (const block of blocks) {
    const group = groups.get(block.label)
    if (group) group.push(block)
    else groups.set(block.label, [block])
  }
  return groups
}

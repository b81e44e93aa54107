import type { Block, Statement } from './syntax.js'

/** Which statement and block of the new version is which of the old one. One to one, at any depth. */
export class Pairing {
  private readonly older = new Map<Statement, Statement>()
  private readonly newer = new Map<Statement, Statement>()
  private readonly olderBlocks = new Map<Block, Block>()
  private readonly newerBlocks = new Map<Block, Block>()

  /** The old version's counterpart of a new statement. */
  image(statement: Statement): Statement | undefined {
    return this.older.get(statement)
  }

  /** The new version's counterpart of an old statement. */
  origin(statement: Statement): Statement | undefined {
    return this.newer.get(statement)
  }

  blockImage(block: Block): Block | undefined {
    return this.olderBlocks.get(block)
  }

  blockOrigin(block: Block): Block | undefined {
    return this.newerBlocks.get(block)
  }

  /** Pairs two statements unless one of them is paired already. */
  add(newer: Statement, older: Statement): boolean {
    if (this.older.has(newer) || this.newer.has(older)) return false
    this.older.set(newer, older)
    this.newer.set(older, newer)
    return true
  }

  addBlocks(newer: Block, older: Block): boolean {
    if (this.olderBlocks.has(newer) || this.newerBlocks.has(older)) return false
    this.olderBlocks.set(newer, older)
    this.newerBlocks.set(older, newer)
    return true
  }

  get pairs(): Iterable<[newer: Statement, older: Statement]> {
    return this.older
  }
}

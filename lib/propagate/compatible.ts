import type { Block, BlockKind, Statement, SyntaxTree } from './syntax.js'

/** Whether the blocks of two statements can be the same code in another form. */
export function areCompatible(newer: Statement, older: Statement): boolean {
  const a = newer.blocks[0]
  const b = older.blocks[0]
  if (!a || !b) return !a && !b
  return areCompatibleKinds(a, b)
}

/** The same for single blocks: equal kinds, functions of either form, loops and repeating callbacks. */
export function areCompatibleKinds(a: Block, b: Block): boolean {
  if (a.kind === b.kind) return true
  const kinds = new Set<BlockKind>([a.kind, b.kind])
  if (kinds.has('function') && kinds.has('callback')) return true
  return kinds.has('loop') && kinds.has('callback') && a.repeats && b.repeats
}

/** Names of the flor loops of both versions. */
export interface LoopNames {
  readonly newer: ReadonlySet<string>
  readonly older: ReadonlySet<string>
}

export function findLoopNames(newer: SyntaxTree, older: SyntaxTree): LoopNames {
  const names = ({ blocks }: SyntaxTree) => new Set(blocks.flatMap(({ loop }) => loop ?? []))
  return { newer: names(newer), older: names(older) }
}

/** Whether two flor loops of different names are surely two: one of the names is known on the other side. */
export function areOtherLoops(newer: Statement, older: Statement, names: LoopNames): boolean {
  const a = newer.blocks.find(({ loop }) => loop !== undefined)?.loop
  const b = older.blocks.find(({ loop }) => loop !== undefined)?.loop
  return a !== undefined && b !== undefined && a !== b && (names.older.has(a) || names.newer.has(b))
}

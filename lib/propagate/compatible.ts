import type { Block, BlockKind, Statement } from './syntax.js'

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

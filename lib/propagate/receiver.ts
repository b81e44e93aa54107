import type { Pairing } from './pairing.js'
import { type Block, enclosingBlocks } from './syntax.js'

/** The block whose code gives `this` and `arguments` their meaning: a class, a function with a receiver, or the program. */
function receiverBlock(block: Block): Block {
  let last = block
  for (const one of enclosingBlocks(block)) {
    last = one
    if (!one.hasReceiver) continue
    // The methods of a class have one receiver: in which of them a statement stands does not matter.
    const outer = one.owner?.block
    return outer?.kind === 'members' ? outer : one
  }
  return last
}

/**
 * Whether `this` in block `newer` is the counterpart of `this` in block `older`: in a class and its counterpart, in the
 * same function, or outside of both.
 */
export function haveSameReceiver(newer: Block, older: Block, pairing: Pairing): boolean {
  const a = receiverBlock(newer)
  const b = receiverBlock(older)
  if (a.kind === 'program' || b.kind === 'program') return a.kind === b.kind
  if ((a.kind === 'members') !== (b.kind === 'members')) return false
  const image = pairing.blockImage(a)
  return image ? image === b : a.label !== '' && a.label === b.label
}

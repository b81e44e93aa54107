import type { Pairing } from './pairing.js'
import { type Block, enclosingBlocks } from './syntax.js'

/** What gives `this` and `arguments` their meaning: a function, and the class that it is a method of; neither in the program. */
interface Receiver {
  readonly function?: Block
  readonly class?: Block
}

function receiverOf(block: Block): Receiver {
  for (const one of enclosingBlocks(block)) {
    if (!one.hasReceiver) continue
    if (one.kind === 'members') return { class: one }
    const outer = one.owner?.block
    return outer?.kind === 'members' ? { function: one, class: outer } : { function: one }
  }
  return {}
}

/**
 * Whether `this` in block `newer` is the counterpart of `this` in block `older`: in a class and its counterpart (in
 * whichever of its methods), in the same function, in a method and the function that was assigned to that member
 * before there were classes, in a class and the function that constructed its objects, or outside of all.
 */
export function haveSameReceiver(newer: Block, older: Block, pairing: Pairing): boolean {
  const a = receiverOf(newer)
  const b = receiverOf(older)
  if (a.class && b.class) return isSame(a.class, b.class, pairing)
  if (a.class) return isMethod(a, b, pairing)
  if (b.class) return isMethod(b, a, pairing)
  if (!a.function || !b.function) return a.function === b.function
  return isSame(a.function, b.function, pairing)
}

/** Paired, or, where nothing else is paired with the new one, of the same name. */
function isSame(newer: Block, older: Block, pairing: Pairing): boolean {
  const image = pairing.blockImage(newer)
  return image ? image === older : newer.label !== '' && newer.label === older.label
}

function isMethod(method: Receiver, other: Receiver, pairing: Pairing): boolean {
  const own = method.function
  const plain = other.function
  if (!plain) return false
  if (method.class?.label === plain.label) return true
  if (plain.kind !== 'function' || plain.names || !own) return false
  return pairing.blockImage(own) === plain || pairing.blockOrigin(own) === plain || own.label === plain.label
}

/**
 * Walks untrusted msgpack without building it, so that a decoder can trust what it says about itself. A decoder that
 * believes an array header allocates before it reads: a note of one megabyte of nested headers asks for terabytes.
 */

/** Arrays and maps nested deeper than this are refused: everything that walks a value may then recurse. */
export const MAX_DEPTH = 100

/**
 * Finds the end of the one msgpack object at `start`.
 * @returns the offset behind it
 * @throws RangeError if the bytes end before it does, a byte is not msgpack, or it nests deeper than {@link MAX_DEPTH}
 */
export function scanMsgpack(bytes: Uint8Array, start = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  /** How many objects are still to come at each open level. */
  const open: number[] = [1]
  let at = start
  while (open.length > 0) {
    const level = open.length - 1
    if (open[level] === 0) {
      open.pop()
      continue
    }
    open[level] = (open[level] as number) - 1
    const head = headOf(view, at)
    at = head.next
    if (at > bytes.length) throw new RangeError(`msgpack ends inside an object, at ${bytes.length}`)
    if (head.children > 0) {
      if (head.children > bytes.length - at)
        throw new RangeError(`${head.children} objects cannot follow ${at}`)
      if (open.length > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH}`)
      open.push(head.children)
    }
  }
  return at
}

interface Head {
  /** Offset behind the head and, for strings, bytes, numbers and extensions, behind the content. */
  readonly next: number
  /** Objects that follow as parts of this one. */
  readonly children: number
}

const leaf = (next: number): Head => ({ next, children: 0 })

/** Content sizes of the fixed-size types 0xc0…0xdf; -1 elsewhere, and for 0xc1, which msgpack never uses. */
const FIXED_SIZES = [
  0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, -1, -1, -1, -1, -1, -1,
  -1,
] as const

function headOf(view: DataView, at: number): Head {
  const byte = view.getUint8(at)
  if (byte < 0x80 || byte >= 0xe0) return leaf(at + 1)
  if (byte < 0x90) return { next: at + 1, children: 2 * (byte & 0x0f) }
  if (byte < 0xa0) return { next: at + 1, children: byte & 0x0f }
  if (byte < 0xc0) return leaf(at + 1 + (byte & 0x1f))
  const fixed = FIXED_SIZES[byte - 0xc0] as number
  if (fixed >= 0) return leaf(at + 1 + fixed)
  switch (byte) {
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return leaf(at + 2 + view.getUint8(at + 1))
    case 0xc5:
    case 0xda:
      return leaf(at + 3 + view.getUint16(at + 1))
    case 0xc6:
    case 0xdb:
      return leaf(at + 5 + view.getUint32(at + 1))
    case 0xc7: // ext 8: one byte more, its type
      return leaf(at + 3 + view.getUint8(at + 1))
    case 0xc8:
      return leaf(at + 4 + view.getUint16(at + 1))
    case 0xc9:
      return leaf(at + 6 + view.getUint32(at + 1))
    case 0xdc:
      return { next: at + 3, children: view.getUint16(at + 1) }
    case 0xdd:
      return { next: at + 5, children: view.getUint32(at + 1) }
    case 0xde:
      return { next: at + 3, children: 2 * view.getUint16(at + 1) }
    case 0xdf:
      return { next: at + 5, children: 2 * view.getUint32(at + 1) }
    default:
      throw new RangeError(`0x${byte.toString(16)} at ${at} is not msgpack`)
  }
}

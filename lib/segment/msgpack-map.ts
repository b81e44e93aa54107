import { scanMsgpack } from './msgpack-scan.js'

/**
 * A map's bytes with some members replaced and all others copied as they stand, in their order: what lies in most of a document need not be
 * encoded again. `map` has been found to be well-formed msgpack.
 * @returns undefined where that is not possible: it is no map of short text keys, or lacks one of the members, or has one twice
 */
export function replaceMembers(
  map: Uint8Array,
  replacements: ReadonlyMap<string, Uint8Array>,
): Uint8Array | undefined {
  const head = mapHead(map)
  if (head === undefined) return undefined
  const parts: Uint8Array[] = []
  const found = new Set<string>()
  let [at, copied] = [head.next, 0]
  for (let i = 0; i < head.members; i++) {
    const key = shortText(map, at)
    if (key === undefined) return undefined
    const start = at + key.sizeBytes
    at = scanMsgpack(map, start)
    const replacement = replacements.get(key.text)
    if (replacement === undefined) continue
    if (found.has(key.text)) return undefined
    found.add(key.text)
    parts.push(map.subarray(copied, start), replacement)
    copied = at
  }
  if (found.size !== replacements.size) return undefined
  parts.push(map.subarray(copied, at))
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let end = 0
  for (const part of parts) {
    whole.set(part, end)
    end += part.length
  }
  return whole
}

function mapHead(bytes: Uint8Array): { readonly members: number; readonly next: number } | undefined {
  const first = bytes[0] as number
  if (first >> 4 === 0x8) return { members: first & 0x0f, next: 1 }
  return first === 0xde ? { members: 256 * (bytes[1] as number) + (bytes[2] as number), next: 3 } : undefined
}

/** A text of up to 31 bytes. */
function shortText(
  bytes: Uint8Array,
  at: number,
): { readonly text: string; readonly sizeBytes: number } | undefined {
  const first = bytes[at] as number
  if (first >> 5 !== 0b101) return undefined
  const sizeBytes = 1 + (first & 0x1f)
  let text = ''
  for (let i = at + 1; i < at + sizeBytes; i++) {
    const byte = bytes[i] as number
    // Keys of documents are ASCII; another one may be read in more than one way.
    if (byte > 0x7f) return undefined
    text += String.fromCharCode(byte)
  }
  return { text, sizeBytes }
}

import type { LogValue } from '../model/value.js'
import { scanMsgpack } from './msgpack-scan.js'
import { decodeDocument, decodeValue } from './value-codec.js'

/**
 * Reads msgpack objects one after another out of bytes that nobody vouches for. Numbers, text and booleans
 * are decoded here, since a spool consists of little else; the rest is cut out and given to the value
 * codec. Every method throws a RangeError where the bytes are not what it reads, and never looks past their
 * end.
 */
export class MsgpackCursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get offset(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The number of items of the array that starts here. */
  arrayLength(): number {
    const head = this.#byte()
    if (head >= 0x90 && head <= 0x9f) return head & 0x0f
    if (head === 0xdc) return this.#uint16()
    throw unexpected('an array', head)
  }

  integer(): number {
    const value = this.number()
    if (!Number.isSafeInteger(value)) throw new RangeError('not an integer')
    return value
  }

  number(): number {
    const head = this.#byte()
    const value = this.#numberOf(head)
    if (value === undefined) throw unexpected('a number', head)
    return value
  }

  boolean(): boolean {
    const head = this.#byte()
    if (head !== 0xc2 && head !== 0xc3) throw unexpected('a boolean', head)
    return head === 0xc3
  }

  text(): string {
    const head = this.#byte()
    const sizeBytes = this.#textLength(head)
    if (sizeBytes === undefined) throw unexpected('text', head)
    return this.#text(sizeBytes)
  }

  /** A copy of bytes, or undefined for nil. */
  bytesOrNil(): Uint8Array | undefined {
    const head = this.#byte()
    if (head === 0xc0) return undefined
    if (head < 0xc4 || head > 0xc6) throw unexpected('bytes', head)
    const sizeBytes = head === 0xc4 ? this.#byte() : head === 0xc5 ? this.#uint16() : this.#uint32()
    return this.#take(sizeBytes).slice()
  }

  /** Any value, ext types included. */
  value(): LogValue {
    const start = this.#at
    const head = this.#byte()
    const number = this.#numberOf(head)
    if (number !== undefined) return number
    const sizeBytes = this.#textLength(head)
    if (sizeBytes !== undefined) return this.#text(sizeBytes)
    if (head === 0xc0) return null
    if (head === 0xc2 || head === 0xc3) return head === 0xc3
    this.#at = start
    return decodeValue(this.#whole())
  }

  /** A map of values, such as a run's header. */
  map(): unknown {
    const head = this.#bytes[this.#at]
    const isMap = head !== undefined && ((head >= 0x80 && head <= 0x8f) || head === 0xde || head === 0xdf)
    if (!isMap) throw unexpected('a map', head)
    return decodeDocument(this.#whole())
  }

  /** Steps over one object. */
  skip(): void {
    this.#at = scanMsgpack(this.#bytes, this.#at)
  }

  #whole(): Uint8Array {
    const start = this.#at
    this.skip()
    return this.#bytes.subarray(start, this.#at)
  }

  #numberOf(head: number): number | undefined {
    if (head <= 0x7f) return head
    if (head >= 0xe0) return head - 0x100
    switch (head) {
      case 0xcb:
        return this.#float(8)
      case 0xd2:
        return this.#view.getInt32(this.#claim(4))
      case 0xca:
        return this.#float(4)
      case 0xcc:
        return this.#byte()
      case 0xcd:
        return this.#uint16()
      case 0xce:
        return this.#uint32()
      case 0xcf:
        return Number(this.#view.getBigUint64(this.#claim(8)))
      case 0xd0:
        return this.#view.getInt8(this.#claim(1))
      case 0xd1:
        return this.#view.getInt16(this.#claim(2))
      case 0xd3:
        return Number(this.#view.getBigInt64(this.#claim(8)))
    }
    return undefined
  }

  #textLength(head: number): number | undefined {
    if (head >= 0xa0 && head <= 0xbf) return head & 0x1f
    if (head === 0xd9) return this.#byte()
    if (head === 0xda) return this.#uint16()
    return head === 0xdb ? this.#uint32() : undefined
  }

  #text(sizeBytes: number): string {
    const part = this.#take(sizeBytes)
    return Buffer.from(part.buffer, part.byteOffset, part.length).toString()
  }

  #float(sizeBytes: 4 | 8): number {
    const at = this.#claim(sizeBytes)
    return sizeBytes === 8 ? this.#view.getFloat64(at) : this.#view.getFloat32(at)
  }

  #byte(): number {
    return this.#bytes[this.#claim(1)] as number
  }

  #uint16(): number {
    return this.#view.getUint16(this.#claim(2))
  }

  #uint32(): number {
    return this.#view.getUint32(this.#claim(4))
  }

  #take(sizeBytes: number): Uint8Array {
    const at = this.#claim(sizeBytes)
    return this.#bytes.subarray(at, at + sizeBytes)
  }

  #claim(sizeBytes: number): number {
    const at = this.#at
    if (sizeBytes > this.#bytes.length - at) throw new RangeError('bytes are missing')
    this.#at = at + sizeBytes
    return at
  }
}

function unexpected(wanted: string, head: number | undefined): RangeError {
  return new RangeError(`${wanted} was expected, not byte ${head ?? 'none'}`)
}

import { crc32 } from 'node:zlib'

/**
 * Frames: the unit in which a spool's `events` file grows.
 *
 *     u32le length of the payload | u32le crc32(payload) | payload
 *
 * Worked example, the payload being the one event `[12]` (bytes `91 0c`):
 *
 *     02 00 00 00  8f e5 35 20  91 0c
 *
 * (crc32 as in zlib.) A frame is appended by one write, so that a crash tears at most the last one. The form
 * does not change within a version of the spool.
 */
export const FRAME_HEADER_BYTES = 8

/** What lies in a file of frames. Payloads are views of the bytes given. */
export interface FrameScan {
  readonly payloads: Uint8Array[]
  /** Bytes of an incomplete frame at the end: what a crash lost. */
  readonly tornBytes: number
  /** Frames whose checksum does not match, and where sense was lost; oldest first. */
  readonly damaged: readonly FrameDamage[]
}

/** A stretch of a spool that cannot be read. */
export interface FrameDamage {
  readonly offset: number
  readonly sizeBytes: number
  readonly reason: string
}

/** Writes the header of the payload that starts at `start + 8` and ends at `end`. */
export function sealFrame(bytes: Buffer, start: number, end: number): void {
  const body = start + FRAME_HEADER_BYTES
  bytes.writeUInt32LE(end - body, start)
  bytes.writeUInt32LE(crc32(bytes.subarray(body, end)), start + 4)
}

/**
 * Splits a file into payloads. Any bytes are accepted: a damaged frame is stepped over when a whole
 * frame (or the end) follows at the place that its length names, else the rest is given up.
 */
export function scanFrames(bytes: Uint8Array): FrameScan {
  const payloads: Uint8Array[] = []
  const damaged: FrameDamage[] = []
  let offset = 0
  while (offset < bytes.length) {
    const frame = frameAt(bytes, offset)
    if (frame.kind === 'whole') {
      payloads.push(bytes.subarray(offset + FRAME_HEADER_BYTES, frame.end))
      offset = frame.end
      continue
    }
    if (frame.kind === 'torn') return { payloads, tornBytes: bytes.length - offset, damaged }
    const resumes = frame.end === bytes.length || frameAt(bytes, frame.end).kind === 'whole'
    const end = resumes ? frame.end : bytes.length
    damaged.push({ offset, sizeBytes: end - offset, reason: 'checksum does not match' })
    offset = end
  }
  return { payloads, tornBytes: 0, damaged }
}

function frameAt(bytes: Uint8Array, offset: number): { kind: 'whole' | 'bad' | 'torn'; end: number } {
  const body = offset + FRAME_HEADER_BYTES
  if (body > bytes.length) return { kind: 'torn', end: bytes.length }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, FRAME_HEADER_BYTES)
  const end = body + view.getUint32(0, true)
  if (end > bytes.length) return { kind: 'torn', end: bytes.length }
  // An empty payload is never written; a file system that lost data in a crash leaves zeros, which would look like many.
  const isWhole = end > body && crc32(bytes.subarray(body, end)) === view.getUint32(4, true)
  return { kind: isWhole ? 'whole' : 'bad', end }
}

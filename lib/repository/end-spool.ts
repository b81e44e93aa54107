import { appendFileSync, existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { spoolDir } from '../git/location.js'
import type { RunEnd } from '../model/run.js'
import { FRAME_HEADER_BYTES, sealFrame } from '../segment/frame.js'
import { Op } from '../segment/spool-event.js'
import { readOwner, readSpool } from '../segment/spool-reader.js'
import { encodeDocument } from '../segment/value-codec.js'
import type { FlorRepository } from './flor-repository.js'
import { pendingSpools } from './pending-spools.js'
import { takeSealLock } from './spool-owner.js'

/** How a process ended, as whoever waited for it saw it. */
export interface ProcessEnd {
  readonly pid: number
  readonly exitCode?: number
  readonly signal?: string
  /** Milliseconds since 1970. */
  readonly endedMs: number
}

/**
 * Writes the end of runs whose process ended without a word (SIGKILL, a crash of node): what it could not say, whoever waited for it knows.
 * Spools that say how they ended, and those that are being sealed, are left alone.
 */
export async function endAbandonedSpools(repository: FlorRepository, ended: ProcessEnd): Promise<void> {
  for (const id of await pendingSpools(repository)) {
    const folder = join(spoolDir(repository.location), id)
    // A run of somebody else that is just starting has no events yet.
    const owner = readOwner(folder)
    if (owner?.pid !== ended.pid || owner.host !== hostname() || !existsSync(join(folder, 'events'))) continue
    if (readSpool(folder).hasEnded) continue
    const lock = takeSealLock(folder)
    if (lock === undefined) continue
    try {
      appendEnd(folder, ended)
    } finally {
      lock.release()
    }
  }
}

/** Behind a torn frame nothing can be read, and cutting it off might cut off what a damaged length only makes look torn: then nothing is written. */
function appendEnd(folder: string, { exitCode, signal, endedMs }: ProcessEnd): void {
  const path = join(folder, 'events')
  const { tornBytes, events } = readSpool(folder)
  if (tornBytes > 0) return
  let startedMs = endedMs
  for (const event of events) {
    if (event.op !== 'header') continue
    startedMs = event.header.startedMs
    break
  }
  const end: RunEnd = {
    status: signal !== undefined ? 'interrupted' : exitCode === 0 ? 'completed' : 'failed',
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    durationMs: Math.max(0, endedMs - startedMs),
  }
  // The event [9, map].
  const payload = Buffer.concat([Buffer.of(0x92, Op.End), encodeDocument({ ...end })])
  const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), payload])
  sealFrame(frame, 0, frame.length)
  appendFileSync(path, frame)
}

import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureWriterSync, readFlorConfigSync } from '../git/config.js'
import { formatPointer } from '../git/lfs-pointer.js'
import { publish, type RunFile } from '../git/shards.js'
import { isFlorError } from '../model/errors.js'
import type { RunOid } from '../model/oid.js'
import type { OutputSummary, RunEnd, RunStatus } from '../model/run.js'
import { assembleRun } from '../segment/assemble.js'
import { decodeOutput, type KeptOutput } from '../segment/kept-output.js'
import { isExternal, type RecordSegment } from '../segment/segment.js'
import { decodeSegments, encodeSegment } from '../segment/segment-codec.js'
import { hasSpoolEnded, readOwner, readSpool, type SpoolContents } from '../segment/spool-reader.js'
import type { FlorRepository } from './flor-repository.js'
import { pendingSpools, spoolRoot } from './pending-spools.js'
import { checkpointFolder, columnPath, NOTE_SHARE, OUTPUT_PATH } from './run-folder.js'
import { summarizeRun, tellUnsummarized } from './run-summary.js'
import { isOwnerAlive, takeSealLock } from './spool-owner.js'
import { handOver, readClaims } from './wrapper-claims.js'

/** A run that was sealed. */
export interface SealedRun {
  readonly id: string
  readonly run: RunOid
  readonly status: RunStatus
  /** Values logged, over all names. */
  readonly records: number
}

/** How long to wait for another process that is sealing a run just now: what has ended is to be seen. */
const PATIENCE_MS = 10_000
const POLL_MS = 10

/**
 * Seals every spool whose run has ended or whose process is gone: spool → note, runs tree, refs. Runs in flight are left alone.
 * Any number of processes may do so at once: each spool is sealed once. One that cannot be sealed now (a read-only repository, a
 * missing run commit) is told as a notice and stays for the next command: what else is there can be sealed and read.
 */
export async function sealPending(repository: FlorRepository): Promise<SealedRun[]> {
  const sealed: SealedRun[] = []
  const ids = await pendingSpools(repository)
  for (const [done, id] of ids.entries()) {
    try {
      repository.step({ what: 'sealing runs', done, total: ids.length })
      const run = await sealSpool(repository, id, { waitMs: PATIENCE_MS })
      if (run !== undefined) sealed.push(run)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      repository.notify({ kind: 'warning', message: `run ${id} could not be sealed yet: ${reason}` })
    }
  }
  if (ids.length > 0) repository.step(undefined)
  return sealed
}

/**
 * Seals one spool. Returns undefined when its run is still going on, another process has sealed it or is still doing so after `waitMs` (0 where
 * absent), nothing had been written, or it is that of a `git flor run` whose program recorded a run itself. A crash at any point leaves the spool as it was or the run sealed: refs move in one transaction, and the spool goes last.
 */
export async function sealSpool(
  repository: FlorRepository,
  id: string,
  options: { readonly waitMs?: number } = {},
): Promise<SealedRun | undefined> {
  const folder = join(spoolRoot(repository), id)
  const deadline = Date.now() + (options.waitMs ?? 0)
  while (existsSync(folder)) {
    if (!hasEndedOrDied(folder) || (await waitsForWrapper(repository, folder))) return undefined
    const lock = takeSealLock(folder)
    if (lock !== undefined) {
      try {
        return await sealLocked(repository, folder, id)
      } finally {
        lock.release()
      }
    }
    if (Date.now() >= deadline) return undefined
    await sleep(POLL_MS)
  }
  return undefined
}

/** Whether the `git flor run` that a run was started by has still something to add to it: what the program printed. */
async function waitsForWrapper(repository: FlorRepository, folder: string): Promise<boolean> {
  const wrapper = readOwner(folder)?.wrapper
  if (wrapper === undefined) return false
  await sealSpool(repository, wrapper, { waitMs: PATIENCE_MS })
  return existsSync(join(spoolRoot(repository), wrapper))
}

async function sealLocked(
  repository: FlorRepository,
  folder: string,
  id: string,
): Promise<SealedRun | undefined> {
  if (!existsSync(join(folder, 'events'))) {
    // The process died while it made the spool.
    await discard(folder)
    return undefined
  }
  const claims = readClaims(folder)
  if (claims.length > 0) {
    await handOver(repository, folder, id, claims)
    await discard(folder)
    return undefined
  }
  const contents = readSpool(folder)
  const parts = assembleRun(contents.events)
  if (parts.header === undefined) {
    // The process died before its first flush; there is no run commit to tie anything to.
    await keepDamaged(repository, folder, id, contents)
    await discard(folder)
    return undefined
  }
  const output = readOutput(folder)
  const end = parts.end ?? interruptedEnd(parts.header.startedMs, parts.lastEventMs)
  const segment: RecordSegment = {
    v: 1,
    kind: 'record',
    id: parts.header.id,
    run: parts.header.run,
    header: parts.header,
    end: output === undefined ? end : { ...end, output: summaryOf(output) },
    args: parts.args,
    seeds: parts.seeds,
    columns: parts.columns,
    timeline: parts.timeline,
    checkpoints: parts.checkpoints,
    warnings: parts.warnings,
  }
  await publishRecord(repository, segment, output)
  await keepDamaged(repository, folder, id, contents)
  await discard(folder)
  if (segment.end.status === 'interrupted' && parts.end === undefined) {
    repository.notify({
      kind: 'sealed-interrupted',
      message: `run ${segment.run.slice(0, 7)} was not recorded to its end: it died, or found no room; what it had written was kept`,
    })
  }
  const records = segment.columns.reduce(
    (sum, column) => sum + (isExternal(column) ? column.summary.count : column.contexts.count),
    0,
  )
  return { id, run: segment.run, status: segment.end.status, records }
}

async function publishRecord(
  repository: FlorRepository,
  segment: RecordSegment,
  output: KeptOutput | undefined,
): Promise<void> {
  const statesBytes = segment.checkpoints.reduce((sum, { state }) => sum + state.length, 0)
  const checkpoints =
    statesBytes <= NOTE_SHARE.states
      ? segment.checkpoints
      : segment.checkpoints.map((it) => ({ ...it, state: new Uint8Array() }))
  const { note, external } = encodeSegment(
    { ...segment, checkpoints },
    { noteBudgetBytes: NOTE_SHARE.record },
  )
  const files: RunFile[] = external.map(({ file, data }) => ({ path: columnPath(file), data }))
  for (const checkpoint of segment.checkpoints) {
    const at = checkpointFolder(checkpoint.point)
    for (const file of checkpoint.files) {
      files.push({ path: `${at}/${file.name}`, data: Buffer.from(formatPointer(file)) })
    }
    files.push({ path: `${at}/state.msgpack`, data: checkpoint.state })
  }
  if (output !== undefined && output.text.length > 0) files.push({ path: OUTPUT_PATH, data: output.text })
  const { location } = repository
  const { writer, summaryNotes } = readFlorConfigSync(location)
  const { unsummarized } = await publish(
    location,
    await repository.objects(),
    writer ?? ensureWriterSync(location),
    {
      run: segment.run,
      segment: note,
      hasSegment: (existing) => decodeSegments(existing).segments.some((it) => it.id === segment.id),
      files,
      keepAlive: [],
      dropPending: [segment.id],
      subject: `run ${segment.run.slice(0, 10)}: ${segment.end.status}`,
      ...(summaryNotes
        ? {
            summarize: (existing) =>
              summarizeRun(segment.run, [segment, ...decodeSegments(existing).segments], true),
          }
        : {}),
    },
  )
  tellUnsummarized(repository, segment.run, unsummarized)
}

/** What the run printed; undefined where that was not recorded, or cannot be read. */
function readOutput(folder: string): KeptOutput | undefined {
  try {
    return decodeOutput(readFileSync(join(folder, 'output')))
  } catch {
    return undefined
  }
}

function summaryOf({ text: _, ...summary }: KeptOutput): OutputSummary {
  return summary
}

/** Whether the last event says so, or the process that wrote the spool is gone. */
function hasEndedOrDied(folder: string): boolean {
  if (!isOwnerAlive(folder)) return true
  try {
    return hasSpoolEnded(folder)
  } catch (error) {
    // A run that is just starting has no events yet; one that another process has just sealed has none any more.
    if (isFlorError(error, 'SPOOL_CORRUPT')) return false
    throw error
  }
}

/** A run that never said how it ended lasted at least until the last thing that was flushed. */
function interruptedEnd(startedMs: number, lastEventMs: number | undefined): RunEnd {
  return { status: 'interrupted', durationMs: Math.max(0, (lastEventMs ?? startedMs) - startedMs) }
}

/** Keeps a spool with unreadable parts aside, whole: nothing that was logged is thrown away. */
async function keepDamaged(
  repository: FlorRepository,
  folder: string,
  id: string,
  contents: SpoolContents,
): Promise<void> {
  const reasons = (contents.damaged ?? []).map((part) => part.reason)
  // Mostly what a crash cut off; but a frame whose length is damaged swallows all that follow it.
  if (contents.tornBytes > 0) reasons.push(`${contents.tornBytes} bytes at its end are no whole frame`)
  if (reasons.length === 0) return
  const kept = join(repository.florDir, 'damaged', id)
  await mkdir(join(repository.florDir, 'damaged'), { recursive: true })
  await cp(folder, kept, { recursive: true, force: true })
  repository.notify({
    kind: 'spool-damaged',
    message: `part of spool ${id} could not be read (${reasons.join('; ')}); it was kept in ${kept}`,
  })
}

/** Renamed first, so that a crash amid removal leaves no half spool under a name that is looked at. */
async function discard(folder: string): Promise<void> {
  const doomed = join(folder, '..', `.${Date.now()}-${process.pid}.sealed`)
  await rename(folder, doomed)
  await rm(doomed, { recursive: true, force: true })
}

import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { lfsObjectPath, linkOrCopySync } from '../../git/lfs-paths.js'
import { formatSafetensorsHead } from './safetensors.js'
import {
  type BufferAnswer,
  type BufferRequest,
  type CheckpointAnswer,
  type CheckpointFolders,
  type CheckpointJob,
  DONE,
  ENDED,
  type ThreadRequest,
  type ThreadSetup,
} from './thread-protocol.js'

/**
 * The thread that hashes checkpoints and writes them where git-lfs keeps its objects, with a hard link
 * under `<common git dir>/flor/checkpoints` that survives `git lfs prune`; and that makes memory for them. It
 * counts the jobs done in `setup.progress`, for a training thread that cannot wait for messages.
 */
const { answers, progress } = workerData as ThreadSetup
let folders: CheckpointFolders | undefined

process.on('exit', () => {
  Atomics.store(progress, ENDED, 1)
  Atomics.notify(progress, DONE)
})

parentPort?.on('message', (request: ThreadRequest) => {
  if ('objectsDir' in request) folders = request
  else if ('count' in request) answers.postMessage(makeBuffers(request))
  else {
    answers.postMessage(run(request))
    Atomics.add(progress, DONE, 1)
    Atomics.notify(progress, DONE)
  }
})

function run(job: CheckpointJob): CheckpointAnswer {
  try {
    return {
      id: job.id,
      files: job.files.map((file) => writeObject(formatSafetensorsHead(file.entries), file.data)),
    }
  } catch (error) {
    return { id: job.id, error: (error as Error).message }
  }
}

/** Without memory there are none: the training thread then tries by itself, and tells. */
function makeBuffers({ sizeBytes, count }: BufferRequest): BufferAnswer {
  const buffers: SharedArrayBuffer[] = []
  try {
    for (let i = 0; i < count; i++) {
      const buffer = new SharedArrayBuffer(sizeBytes)
      new Uint8Array(buffer).fill(0)
      buffers.push(buffer)
    }
  } catch {}
  return { buffers }
}

/** Content-addressed: what is there already is not written again. */
function writeObject(head: Buffer, data: Uint8Array): { sha256: string; sizeBytes: number } {
  const sha256 = createHash('sha256').update(head).update(data).digest('hex')
  const sizeBytes = head.length + data.length
  const { objectsDir, keptDir } = folders as CheckpointFolders
  const path = lfsObjectPath(objectsDir, sha256)
  if (sizeOf(path) !== sizeBytes) writeDurably(path, head, data)
  linkOrCopySync(path, lfsObjectPath(keptDir, sha256))
  return { sha256, sizeBytes }
}

function writeDurably(path: string, head: Buffer, data: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = join(dirname(path), `.flor-${process.pid}-${randomBytes(6).toString('hex')}`)
  const fd = openSync(temporary, 'wx', 0o444)
  try {
    writeWhole(fd, head)
    writeWhole(fd, data)
    fsyncSync(fd)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at)
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

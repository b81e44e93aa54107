import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { lfsObjectPath, linkOrCopySync } from '../../git/lfs-paths.js'
import type { CheckpointAnswer, CheckpointJob, ThreadSetup } from './checkpoint-writer.js'
import { formatSafetensorsHead } from './safetensors.js'

/**
 * The thread that hashes checkpoints and writes them where git-lfs keeps its objects, with a hard link
 * under `<common git dir>/flor/checkpoints` that survives `git lfs prune`. It counts the jobs done in
 * `setup.done`, for a training thread that cannot wait for messages.
 */
const setup = workerData as ThreadSetup
const answers = setup.answers

parentPort?.on('message', (job: CheckpointJob) => {
  answer(answers, run(job))
  Atomics.add(setup.done, 0, 1)
  Atomics.notify(setup.done, 0)
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

function answer(port: MessagePort, message: CheckpointAnswer): void {
  port.postMessage(message)
}

/** Content-addressed: what is there already is not written again. */
function writeObject(head: Buffer, data: Uint8Array): { sha256: string; sizeBytes: number } {
  const sha256 = createHash('sha256').update(head).update(data).digest('hex')
  const sizeBytes = head.length + data.length
  const path = lfsObjectPath(setup.objectsDir, sha256)
  if (sizeOf(path) !== sizeBytes) writeDurably(path, head, data)
  linkOrCopySync(path, lfsObjectPath(setup.keptDir, sha256))
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

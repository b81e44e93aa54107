import { createWriteStream, type WriteStream } from 'node:fs'
import { chmod, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FlorError, isFlorError } from '../model/errors.js'
import { Output } from './output.js'

/**
 * Prints into the file of `--output`. A file that is there is replaced once all is written, and stays as it was when something fails; what
 * is no file (a pipe, /dev/stdout) is written to as it is.
 * @throws FlorError FILE_UNREADABLE (data: path)
 */
export async function printToFile(
  name: string,
  cwd: string,
  print: (out: Output) => Promise<void>,
): Promise<void> {
  const { target, mode } = await findTarget(resolve(cwd, name))
  const isDirect = mode?.isSpecial === true
  const path = isDirect ? target : join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
  try {
    const stream = createWriteStream(path, isDirect ? {} : { flags: 'wx' })
    const out = new Output(stream)
    try {
      await opened(stream)
      await print(out)
      await out.flush()
    } finally {
      await closed(stream)
    }
    if (isDirect) return
    if (mode !== undefined) await chmod(path, mode.permissions)
    await rename(path, target)
  } catch (error) {
    if (!isDirect) await rm(path, { force: true })
    const cause = isFlorError(error, 'OUTPUT_FAILED') ? error.cause : error
    if (!isSystemError(cause)) throw error
    const hint = '--output <file>    takes a file in a folder that exists and can be written to'
    throw new FlorError(`cannot write '${name}'`, {
      code: 'FILE_UNREADABLE',
      data: { path: name, hint },
      // Its path would be that of a file of ours which nobody named.
      cause: new Error(cause.message.replace(/, \w+(?: '.*')?$/s, ''), { cause: cause.cause }),
    })
  }
}

interface FoundTarget {
  readonly target: string
  readonly mode?: { readonly isSpecial: boolean; readonly permissions: number }
}

/** The file behind symbolic links; with its mode where it exists. What lies in /dev and /proc stands for something that is open already. */
async function findTarget(path: string): Promise<FoundTarget> {
  if (/^\/(?:dev|proc)\//.test(path)) return { target: path, mode: { isSpecial: true, permissions: 0 } }
  try {
    const target = await realpath(path)
    const found = await stat(target)
    return { target, mode: { isSpecial: !found.isFile(), permissions: found.mode & 0o777 } }
  } catch {
    return { target: path }
  }
}

function opened(stream: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('open', () => resolve())
    stream.once('error', reject)
  })
}

function closed(stream: WriteStream): Promise<void> {
  if (stream.closed) return Promise.resolve()
  return new Promise((resolve) => {
    stream.once('close', () => resolve())
    stream.end()
    if (stream.errored) resolve()
  })
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { FlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import { isShielded, wasCaughtUnborn } from './interrupt-shield.js'
import { inRepository, type RepositoryLocation } from './location.js'
import type { GitObject, ObjectType } from './object-store.js'
import { childEnvironment, git, gitFailure } from './process.js'

const BATCH = ['cat-file', '--batch']
const NOTHING = Buffer.alloc(0)

interface Request {
  readonly oid: Oid
  readonly resolve: (object: GitObject | undefined) => void
  readonly reject: (error: unknown) => void
}

/**
 * A long-lived `git cat-file --batch`: started by the first request, answered in order, started again when it dies. It
 * keeps the process alive only while a request is open.
 */
export class CatFile {
  readonly #location: RepositoryLocation
  #child: ChildProcessWithoutNullStreams | undefined
  #open: Request[] = []
  #chunks: Buffer[] = []
  #length = 0
  #needed = 1
  #stderr = ''

  constructor(location: RepositoryLocation) {
    this.#location = location
  }

  /** Reads an object; undefined when there is none. @throws FlorError OBJECT_CORRUPT, GIT_MISSING, GIT_FAILED where a signal ended git */
  read(oid: Oid): Promise<GitObject | undefined> {
    return new Promise((resolve, reject) => {
      this.#open.push({ oid, resolve, reject })
      const child = this.#started()
      hold(child, true)
      child.stdin.write(`${oid}\n`)
    })
  }

  close(): Promise<void> {
    const child = this.#child
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      hold(child, true)
      child.once('close', () => resolve())
      child.stdin.end()
    })
  }

  #started(): ChildProcessWithoutNullStreams {
    if (this.#child !== undefined) return this.#child
    const { cwd, env } = inRepository(this.#location)
    const isOwnGroup = isShielded()
    const child = spawn('git', BATCH, {
      cwd,
      env: rawObjects(childEnvironment(env)),
      detached: isOwnGroup,
    })
    this.#child = child
    this.#chunks = []
    this.#length = 0
    this.#needed = 1
    this.#stderr = ''
    child.stdout.on('data', (chunk: Buffer) => this.#received(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk).slice(-4000)
    })
    child.stdin.on('error', () => {})
    child.on('error', (cause) => {
      this.#ended(child, new FlorError('git could not be started', { code: 'GIT_MISSING', cause }))
    })
    child.on('close', (_, signal) => {
      if (isOwnGroup && wasCaughtUnborn(signal)) return this.#startAgain(child)
      const stderr = this.#stderr
      // Whoever ended it does not blame an object.
      const killed = signal && gitFailure(BATCH, cwd, { stdout: NOTHING, stderr, exitCode: -1, signal })
      this.#ended(child, killed ?? undefined)
    })
    return child
  }

  #received(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < this.#needed) return
    let buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    for (let request = this.#open[0]; request !== undefined; request = this.#open[0]) {
      const answer = parseAnswer(buffer, 0)
      if (answer.next === undefined) {
        this.#needed = answer.needed
        break
      }
      this.#open.shift()
      buffer = buffer.subarray(answer.next)
      this.#needed = 1
      // A copy: the rest of the buffer must not be kept alive by one small object.
      request.resolve(
        answer.object && { type: answer.object.type, data: Uint8Array.from(answer.object.data) },
      )
    }
    this.#chunks = buffer.length === 0 ? [] : [buffer]
    this.#length = buffer.length
    if (this.#open.length === 0 && this.#child !== undefined) hold(this.#child, false)
  }

  #startAgain(child: ChildProcessWithoutNullStreams): void {
    if (this.#child !== child) return
    this.#child = undefined
    for (const { oid, resolve, reject } of this.#open.splice(0)) this.read(oid).then(resolve, reject)
  }

  /** git dies of an object that it cannot read: the first open request is to blame, the others are asked again. */
  #ended(child: ChildProcessWithoutNullStreams, failure: FlorError | undefined): void {
    if (this.#child !== child) return
    this.#child = undefined
    const [first, ...rest] = this.#open
    this.#open = []
    first?.reject(failure ?? corrupt(first.oid, this.#stderr))
    for (const { oid, resolve, reject } of rest) this.read(oid).then(resolve, reject)
  }
}

/** Reads many objects in one spawn, in the order asked for; undefined where there is none. @throws FlorError GIT_FAILED */
export async function readAll(
  location: RepositoryLocation,
  oids: readonly Oid[],
): Promise<(GitObject | undefined)[]> {
  const { cwd, env } = inRepository(location)
  const { stdout } = await git(['cat-file', '--batch', '--buffer'], {
    cwd,
    env: rawObjects(env),
    input: oids.map((oid) => `${oid}\n`).join(''),
  })
  const objects: (GitObject | undefined)[] = []
  for (let at = 0; at < stdout.length; ) {
    const { next, object } = parseAnswer(stdout, at)
    if (next === undefined) break
    objects.push(object)
    at = next
  }
  return objects
}

/** What an object's name says is what is read: replacements (`git replace`) are for people. */
function rawObjects(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GIT_NO_REPLACE_OBJECTS: '1' }
}

/** An object whose bytes are not what its name says. */
export function corrupt(oid: Oid, reason: string, cause?: unknown): FlorError {
  return new FlorError(`object ${oid} cannot be read: ${reason.trim() || 'its bytes are damaged'}`, {
    code: 'OBJECT_CORRUPT',
    data: { oid },
    cause,
  })
}

type Answer =
  | { readonly next: number; readonly object: GitObject | undefined; readonly needed?: undefined }
  | { readonly next?: undefined; readonly object?: undefined; readonly needed: number }

/** One answer of `cat-file --batch`: `<oid> <type> <size>\n<bytes>\n`, or `<oid> missing\n`; `needed` bytes when it is not all there. */
function parseAnswer(buffer: Buffer, at: number): Answer {
  const newline = buffer.indexOf(0x0a, at)
  if (newline === -1) return { needed: buffer.length - at + 1 }
  const [, type, size] = buffer.toString('latin1', at, newline).split(' ')
  if (size === undefined) return { next: newline + 1, object: undefined }
  const start = newline + 1
  const end = start + Number(size)
  if (end + 1 > buffer.length) return { needed: end + 1 - at }
  return { next: end + 1, object: { type: type as ObjectType, data: buffer.subarray(start, end) } }
}

/** Lets an idle child not keep the process from its end. */
function hold(child: ChildProcessWithoutNullStreams, shouldHold: boolean): void {
  const change = shouldHold ? 'ref' : 'unref'
  child[change]()
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (hasRef(stream)) stream[change]()
  }
}

function hasRef(stream: object): stream is { ref(): void; unref(): void } {
  return 'unref' in stream && 'ref' in stream
}

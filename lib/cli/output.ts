import type { Writable } from 'node:stream'
import { FlorError } from '../model/errors.js'

/** Thrown when whoever reads our output has gone: `git flor log | head`. Ends the command quietly with exit code 141. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe'
}

/** Characters gathered before they are handed on. */
const CHUNK = 1 << 16

/** A reader that takes longer than this, a pager say, is not to keep others waiting. */
const SLOW_MS = 200

/**
 * A stream to print on: gathers small writes, waits for slow readers, and turns a closed pipe into {@link BrokenPipe}, and what else prevents writing
 * into a FlorError OUTPUT_FAILED.
 * One writer at a time: await {@link print} before the next.
 */
export class Output {
  readonly #target: Writable
  readonly #aheadBytes: number
  readonly #onSlow: () => void
  #pending = ''
  #failure: Error | undefined
  #wake: (() => void) | undefined

  /**
   * `aheadBytes`: how much may wait for the reader before {@link print} waits, too; nothing where absent. `onSlow` is called when the reader has not
   * taken for a while what is waited for: it may never.
   */
  constructor(
    target: Writable,
    options: { readonly aheadBytes?: number; readonly onSlow?: () => void } = {},
  ) {
    this.#target = target
    this.#aheadBytes = options.aheadBytes ?? 0
    this.#onSlow = options.onSlow ?? (() => {})
    target.on('error', (error: Error) => {
      this.#failure ??= asFailure(error)
      this.#wake?.()
    })
  }

  /** Prints text, or bytes of text, as they are. Resolves at once unless the reader is slow. @throws BrokenPipe */
  print(piece: string | Uint8Array): Promise<void> | void {
    if (this.#failure !== undefined) throw this.#failure
    if (typeof piece !== 'string') return this.bytes(piece)
    this.#pending += piece
    if (this.#pending.length < CHUNK) return
    if (this.#target.writableLength >= this.#aheadBytes) return this.flush()
    this.#target.write(this.#pending)
    this.#pending = ''
  }

  /** Prints lines, each ended by a line feed. @throws BrokenPipe */
  lines(lines: readonly string[]): Promise<void> | void {
    return lines.length === 0 ? undefined : this.print(`${lines.join('\n')}\n`)
  }

  /** Prints bytes as they are, behind the text so far: whatever their encoding is. @throws BrokenPipe */
  async bytes(data: Uint8Array): Promise<void> {
    await this.flush()
    await this.#write(data)
  }

  /** Hands on what was gathered and waits until the system has taken it. @throws BrokenPipe */
  async flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const text = this.#pending
    this.#pending = ''
    if (text !== '' || this.#target.writableLength > 0) await this.#write(text)
  }

  async #write(data: string | Uint8Array): Promise<void> {
    const slow = setTimeout(this.#onSlow, SLOW_MS)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#target.write(data, (error) => {
        if (error) this.#failure ??= asFailure(error)
        resolve()
      })
    })
    clearTimeout(slow)
    this.#wake = undefined
    if (this.#failure !== undefined) throw this.#failure
  }
}

/** A pager that has gone, or was abandoned, closes its stream behind it: writing to that means the same as EPIPE. */
const BROKEN = new Set<unknown>(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])

/** Everything else, as a full disk, is told. */
function asFailure(error: Error): Error {
  if ('code' in error && BROKEN.has(error.code)) return new BrokenPipe('EPIPE')
  return new FlorError('the output cannot be written', { code: 'OUTPUT_FAILED', cause: error })
}

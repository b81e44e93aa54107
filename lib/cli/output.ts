import type { Writable } from 'node:stream'

/** Thrown when whoever reads our output has gone: `git flor log | head`. Ends the command quietly with exit code 141. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe'
}

/** Characters gathered before they are handed on. */
const CHUNK = 1 << 16

/**
 * A stream to print on: gathers small writes, waits for slow readers, and turns a closed pipe into {@link BrokenPipe}.
 * One writer at a time: await {@link print} before the next.
 */
export class Output {
  readonly #target: Writable
  #pending = ''
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(target: Writable) {
    this.#target = target
    target.on('error', (error: Error) => {
      this.#failure ??= asFailure(error)
      this.#wake?.()
    })
  }

  /** Prints text as it is. Resolves at once unless the reader is slow. @throws BrokenPipe */
  print(text: string): Promise<void> | void {
    if (this.#failure !== undefined) throw this.#failure
    this.#pending += text
    if (this.#pending.length >= CHUNK) return this.flush()
  }

  /** Prints lines, each ended by a line feed. @throws BrokenPipe */
  lines(lines: readonly string[]): Promise<void> | void {
    return lines.length === 0 ? undefined : this.print(`${lines.join('\n')}\n`)
  }

  /** Hands on what was gathered and waits until the system has taken it. @throws BrokenPipe */
  async flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const text = this.#pending
    this.#pending = ''
    if (text === '') return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#target.write(text, (error) => {
        if (error) this.#failure ??= asFailure(error)
        resolve()
      })
    })
    this.#wake = undefined
    if (this.#failure !== undefined) throw this.#failure
  }
}

/** A pager that has gone closes its stream behind it: writing to that means the same as EPIPE. */
function asFailure(error: Error): Error {
  const code = 'code' in error ? error.code : undefined
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' ? new BrokenPipe('EPIPE') : error
}

import { OpenLoop } from './open-loop.js'
import { type Session, session } from './session.js'

type Source<T> = Iterable<T> | AsyncIterable<T>

/** What {@link loop} returns for a synchronous source: for `for…of` and `for await` alike. */
export interface Loop<T> extends Iterable<T>, AsyncIterable<T> {}

/**
 * Yields what `source` yields, and makes an iteration of it: what is logged in the body stands under
 * `name=<item>`, where the item is a number, a truth value or a short text, and else under its number in the loop.
 *
 * A source is asked for its items one by one, as a plain loop would. `break`, `return`, exceptions and
 * `continue` in the body leave the context right. A loop object may be iterated more than once where its
 * source may; each time is a pass of its own. The outermost loop that is entered after {@link
 * checkpointing} is the main loop: checkpoints are taken there, after each nested loop and at the end of
 * each iteration.
 *
 * Two asynchronous functions whose loops take turns (`Promise.all`) cannot be told apart on one stack; that
 * is detected and warned about. Use {@link iteration} with an async function for iterations that run
 * concurrently.
 * @throws TypeError when `name` is not a text of at least one character, or `source` cannot be iterated
 */
export function loop<T>(name: string, source: Iterable<T>): Loop<T>
export function loop<T>(name: string, source: AsyncIterable<T>): AsyncIterable<T>
export function loop<T>(name: string, source: Source<T>): Loop<T> | AsyncIterable<T> {
  if (typeof name !== 'string' || name === '') throw new TypeError(`flor.loop: not a name: ${String(name)}`)
  if (isSyncSource(source)) {
    return {
      [Symbol.iterator]: () => iterateSync(name, source),
      [Symbol.asyncIterator]: () => iterateAsync(name, source),
    }
  }
  if (!isAsyncSource(source)) {
    throw new TypeError(`flor.loop('${name}', …): ${String(source)} cannot be iterated`)
  }
  return { [Symbol.asyncIterator]: () => iterateAsync(name, source) }
}

function iterateSync<T>(name: string, source: Iterable<T>): Iterator<T> {
  const current = session()
  const items = source[Symbol.iterator]()
  return current.kind === 'off' ? items : new SyncLoop(new OpenLoop(current, name), items)
}

function iterateAsync<T>(name: string, source: Source<T>): AsyncIterator<T> {
  const current: Session = session()
  const items = isAsyncSource(source) ? source[Symbol.asyncIterator]() : awaited(source[Symbol.iterator]())
  return current.kind === 'off' ? items : new AsyncLoop(new OpenLoop(current, name), items)
}

class SyncLoop<T> implements IterableIterator<T> {
  readonly #frame: OpenLoop
  readonly #items: Iterator<T>

  constructor(frame: OpenLoop, items: Iterator<T>) {
    this.#frame = frame
    this.#items = items
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<T> {
    const frame = this.#frame
    while (frame.isLive) {
      if (!frame.advance()) return { done: true, value: undefined }
      const result = this.#ask()
      if (result.done) {
        frame.exit(true)
        return result
      }
      if (frame.begin(result.value)) return result
    }
    // The run is over (commit, or storage failed): the training goes on all the same.
    return this.#items.next()
  }

  return(value?: unknown): IteratorResult<T> {
    this.#frame.exit(false)
    return this.#items.return?.(value) ?? { done: true, value: value as T }
  }

  throw(error?: unknown): IteratorResult<T> {
    this.#frame.exit(false)
    if (this.#items.throw !== undefined) return this.#items.throw(error)
    throw error
  }

  #ask(): IteratorResult<T> {
    try {
      return this.#items.next()
    } catch (error) {
      this.#frame.exit(false)
      throw error
    }
  }
}

class AsyncLoop<T> implements AsyncIterableIterator<T> {
  readonly #frame: OpenLoop
  readonly #items: AsyncIterator<T>

  constructor(frame: OpenLoop, items: AsyncIterator<T>) {
    this.#frame = frame
    this.#items = items
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<T>> {
    const frame = this.#frame
    while (frame.isLive) {
      if (!frame.advance()) return { done: true, value: undefined }
      const result = await this.#ask()
      if (result.done) {
        frame.exit(true)
        return result
      }
      if (frame.begin(result.value)) return result
    }
    return this.#items.next()
  }

  async return(value?: unknown): Promise<IteratorResult<T>> {
    this.#frame.exit(false)
    return (await this.#items.return?.(value)) ?? { done: true, value: value as T }
  }

  async throw(error?: unknown): Promise<IteratorResult<T>> {
    this.#frame.exit(false)
    if (this.#items.throw !== undefined) return this.#items.throw(error)
    throw error
  }

  async #ask(): Promise<IteratorResult<T>> {
    try {
      return await this.#items.next()
    } catch (error) {
      this.#frame.exit(false)
      throw error
    }
  }
}

/** A synchronous source in `for await`: its items are awaited, as the language does. */
function awaited<T>(items: Iterator<T>): AsyncIterator<T> {
  const settle = async (result: IteratorResult<T>): Promise<IteratorResult<T>> => {
    const value = await result.value
    return result.done ? { done: true, value } : { done: false, value }
  }
  return {
    next: async () => settle(items.next()),
    return: async (value) => items.return?.(await value) ?? { done: true, value: undefined },
  }
}

function isSyncSource<T>(source: Source<T>): source is Iterable<T> {
  return (
    source !== null && source !== undefined && typeof (source as Iterable<T>)[Symbol.iterator] === 'function'
  )
}

function isAsyncSource<T>(source: Source<T>): source is AsyncIterable<T> {
  return (
    source !== null &&
    source !== undefined &&
    typeof (source as AsyncIterable<T>)[Symbol.asyncIterator] === 'function'
  )
}

import type { Readable, Writable } from 'node:stream'

/** How long a pipe may still deliver after the command has ended, while a process that it left behind keeps the pipe open. */
const LINGER_MS = 500

/** One stream of a child on its way through. */
export interface Relay {
  /** Why the target could not be written; undefined as long as it could. */
  readonly failure: Error | undefined
  /** Resolves when everything has been read and handed on. */
  readonly done: Promise<void>
  /** The command has ended: what is still in the pipe is read; a process in the background that holds the pipe open is not waited for. */
  finish(): Promise<RelayEnd>
}

/** How a stream ended: read to its end; held open by a process in the background; or given up, since nobody reads its target any more. */
export type RelayEnd = 'complete' | 'held' | 'broken'

/**
 * Hands pieces of a child's stream on to `target` as they come, and shows them to `look`. When nobody reads `target` any more, the child is to see that: its pipe is closed. Where
 * `target` is undefined somebody else shows the stream, and pieces are looked at only.
 */
export function relay(source: Readable, target: Writable | undefined, look: (piece: Buffer) => void): Relay {
  let failure: Error | undefined
  let lastMs = performance.now()
  const done = new Promise<void>((resolve) => {
    source.on('close', resolve)
    source.on('error', () => source.destroy())
  })
  const onTargetError = (error: Error): void => {
    failure ??= error
    source.destroy()
  }
  target?.on('error', onTargetError)
  source.on('data', (piece: Buffer) => {
    lastMs = performance.now()
    if (failure !== undefined) return
    // What is to be seen comes first, what is to be recorded of it after.
    if (target !== undefined && !target.write(piece)) {
      source.pause()
      target.once('drain', () => source.resume())
    }
    look(piece)
  })
  return {
    done,
    get failure() {
      return failure
    },
    async finish() {
      let isOpen = true
      void done.then(() => {
        isOpen = false
      })
      const startedMs = performance.now()
      // While a slow reader holds us up the pipe is not idle.
      while (isOpen && (source.isPaused() || performance.now() - Math.max(lastMs, startedMs) < LINGER_MS)) {
        await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20))])
      }
      if (isOpen) source.destroy()
      // What was handed on last may fail still.
      if (target !== undefined && target.writableLength > 0 && failure === undefined)
        await new Promise<void>((resolve) => target.write('', () => resolve()))
      target?.removeListener('error', onTargetError)
      return failure !== undefined ? 'broken' : isOpen ? 'held' : 'complete'
    },
  }
}

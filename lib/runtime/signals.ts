import { endSession } from './session.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** The event loop has not turned for this long: the training is synchronous. */
const BUSY_MS = 250

/**
 * Lets a run say by which signal it ended, without changing what signals do.
 *
 * A JavaScript handler takes the place of the system's own: in a synchronous loop, which never gives the
 * event loop a turn, Ctrl-C would do nothing. So ours is attached only while the event loop turns, and
 * taken off again when it has not for a quarter of a second; a process that dies without it is sealed as
 * interrupted, too. When no handler of the user's is there, ours ends the run and raises the signal again;
 * otherwise it only remembers the signal, before theirs ends the process.
 */
export interface SignalWatch {
  /** The event loop turns. */
  noteTurn(): void
  /** The training works; called often. */
  noteWork(): void
  detach(): void
}

let caught: string | undefined

/** The last signal that a handler of the user's had to deal with. */
export function caughtSignal(): string | undefined {
  return caught
}

export function attachSignals(): SignalWatch {
  let isAttached = false
  let turnedMs = 0
  const detach = (): void => {
    if (!isAttached) return
    isAttached = false
    for (const signal of SIGNALS) process.removeListener(signal, handle)
  }
  const handle = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) {
      caught = signal
      return
    }
    // Whoever asks twice does not want to wait for the end to be written.
    detach()
    endSession({ signal })
    process.kill(process.pid, signal)
  }
  return {
    noteTurn() {
      turnedMs = performance.now()
      if (isAttached) return
      isAttached = true
      for (const signal of SIGNALS) process.prependListener(signal, handle)
    },
    noteWork() {
      if (isAttached && performance.now() - turnedMs > BUSY_MS) detach()
    },
    detach,
  }
}

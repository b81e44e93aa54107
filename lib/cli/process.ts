import { isatty } from 'node:tty'
import type { Io } from './io.js'
import { main } from './main.js'

/** Signals that follow one another so soon are one Ctrl-C. */
const SAME_WISH_MS = 500

/** Signals that mean nothing to us: without a listener they would end us, or open a debugger. */
const PASSED_ON = ['SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGALRM'] as const

/** Runs the command line of this process and ends it with the exit code that is due. */
export async function runProcess(): Promise<never> {
  const interrupt = new AbortController()
  let interruptedMs = 0
  let passOn: ((signal: NodeJS.Signals) => void) | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (passOn !== undefined) return passOn(signal)
      // git passes a Ctrl-C on as SIGTERM, which is the same wish; whoever asks again does not want to wait.
      if (!interrupt.signal.aborted) {
        interruptedMs = Date.now()
        interrupt.abort(signal)
      } else if (Date.now() - interruptedMs > SAME_WISH_MS) process.exit(130)
    })
  }
  const { stdout, stderr } = process
  const io: Io = {
    // A getter: merely looking at process.stdin opens it, which costs milliseconds.
    get stdin() {
      return process.stdin
    },
    stdout,
    stderr,
    cwd: process.cwd(),
    env: process.env,
    now: Date.now,
    isTerminal: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    // Asked anew each time: node keeps it current when the window changes its size.
    get columns() {
      return isatty(1) ? stdout.columns || undefined : undefined
    },
    get messageColumns() {
      return isatty(2) ? stderr.columns || undefined : undefined
    },
    get rows() {
      return isatty(1) ? stdout.rows || undefined : undefined
    },
    signal: interrupt.signal,
    onSignal(listener) {
      passOn = listener
      const others = process.platform === 'win32' ? [] : PASSED_ON
      for (const signal of others) process.on(signal, listener)
      return () => {
        passOn = undefined
        for (const signal of others) process.removeListener(signal, listener)
      }
    },
  }
  const exitCode = await main(process.argv.slice(2), io)
  // Not by itself: an idle handle of a library must not keep the prompt waiting.
  process.exit(exitCode)
}

import { PassThrough, Writable } from 'node:stream'
import type { Io } from '../../../lib/cli/io.js'
import { main } from '../../../lib/cli/main.js'

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** How the process around a command looks. */
export interface Surroundings {
  /** Whether stdin, stdout and stderr are a terminal; default no. Paging is off in tests unless GIT_PAGER is set. */
  readonly terminal?: boolean
  readonly columns?: number
  readonly env?: NodeJS.ProcessEnv
  readonly stdin?: string
  readonly nowMs?: number
  readonly signal?: AbortSignal
  /** Closes stdout after so many writes, as `head` does. */
  readonly closeAfter?: number
}

class Collector extends Writable {
  text = ''
  #writes = 0

  constructor(readonly closeAfter = Number.POSITIVE_INFINITY) {
    super()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.#writes++ >= this.closeAfter) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      return
    }
    this.text += chunk.toString()
    done()
  }
}

/** Runs `git flor <args>` in this process, in `cwd`. */
export async function cli(
  cwd: string,
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [new Collector(surroundings.closeAfter), new Collector()]
  const stdin = new PassThrough()
  stdin.end(surroundings.stdin ?? '')
  const isTerminal = surroundings.terminal === true
  const io: Io = {
    stdin,
    stdout,
    stderr,
    cwd,
    env: { ...process.env, GIT_PAGER: 'cat', ...surroundings.env },
    now: () => surroundings.nowMs ?? Date.now(),
    isTerminal: { stdin: isTerminal, stdout: isTerminal, stderr: isTerminal },
    ...(surroundings.columns === undefined
      ? {}
      : { columns: surroundings.columns, messageColumns: surroundings.columns }),
    signal: surroundings.signal ?? new AbortController().signal,
    onSignal: () => () => {},
  }
  const exitCode = await main(args, io)
  return { exitCode, stdout: stdout.text, stderr: stderr.text }
}

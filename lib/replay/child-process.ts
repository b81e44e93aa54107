import { spawn } from 'node:child_process'
import type { StartCommand } from './command-line.js'

/** How a child ended. */
export interface ChildEnd {
  readonly reason: 'exit' | 'timed-out' | 'aborted' | 'not-started'
  readonly exitCode?: number
  readonly signal?: string
  readonly durationMs: number
  /** The last {@link outputBytes} of what it wrote, both streams in the order of arrival. */
  readonly output: string
}

const outputBytes = 16 * 1024
/** Between asking a process to end and ending it. */
const graceMs = 2000
/** What a process wrote may arrive after its end; its own children may hold the pipe open for ever. */
const drainMs = 200

/**
 * Runs a command in a process group of its own, stdin empty, and waits for it. On `signal` and after `timeoutMs` the whole group
 * is asked to end, and ended two seconds later.
 */
export function runChild(
  command: StartCommand,
  options: {
    readonly env: NodeJS.ProcessEnv
    readonly timeoutMs?: number
    readonly signal?: AbortSignal
    /** With the process's id, which is its group's. */
    readonly onStart?: (pid: number) => void
  },
): Promise<ChildEnd> {
  const startedMs = performance.now()
  const tail = new Tail()
  return new Promise((resolve) => {
    const isGroup = process.platform !== 'win32'
    const child = spawn(command.program, [...command.args], {
      cwd: command.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: isGroup,
      windowsHide: true,
    })
    if (child.pid !== undefined) options.onStart?.(child.pid)
    let reason: ChildEnd['reason'] = 'exit'
    let killTimer: NodeJS.Timeout | undefined
    const kill = (name: NodeJS.Signals) => {
      try {
        if (isGroup && child.pid !== undefined) process.kill(-child.pid, name)
        else child.kill(name)
      } catch {
        // The group is gone already.
      }
    }
    const end = (why: 'timed-out' | 'aborted') => {
      if (reason !== 'exit') return
      reason = why
      kill('SIGTERM')
      killTimer = setTimeout(() => kill('SIGKILL'), graceMs)
    }
    const abort = () => end('aborted')
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => end('timed-out'), options.timeoutMs)
    // Whatever ends this process by the usual ways takes the replay with it.
    const exitWithUs = () => kill('SIGKILL')
    process.once('exit', exitWithUs)
    options.signal?.addEventListener('abort', abort)
    if (options.signal?.aborted) abort()
    const finish = (result: Pick<ChildEnd, 'exitCode' | 'signal'>) => {
      clearTimeout(timer)
      clearTimeout(killTimer)
      process.off('exit', exitWithUs)
      options.signal?.removeEventListener('abort', abort)
      // Processes that the script started and left behind would write into the next task's tree.
      kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ reason, ...result, durationMs: performance.now() - startedMs, output: tail.text })
    }
    child.stdout.on('data', (chunk: Buffer) => tail.add(chunk))
    child.stderr.on('data', (chunk: Buffer) => tail.add(chunk))
    child.on('error', (error) => {
      tail.add(Buffer.from(String(error)))
      if (child.pid !== undefined) return
      reason = 'not-started'
      finish({})
    })
    child.on('exit', (code, signal) => {
      const result = {
        ...(code === null ? {} : { exitCode: code }),
        ...(signal === null ? {} : { signal }),
      }
      const drained = setTimeout(() => finish(result), drainMs)
      child.on('close', () => {
        clearTimeout(drained)
        finish(result)
      })
    })
  })
}

/** The end of a stream of bytes. */
class Tail {
  #chunks: Buffer[] = []
  #size = 0

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < 4 * outputBytes) return
    const kept = Buffer.concat(this.#chunks).subarray(-outputBytes)
    this.#chunks = [Buffer.from(kept)]
    this.#size = kept.length
  }

  /** Whole characters; a cut one at the beginning is left out. */
  get text(): string {
    const all = Buffer.concat(this.#chunks)
    if (all.length <= outputBytes) return all.toString()
    return all.subarray(-outputBytes).toString().replace(/^�+/, '')
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants as files, openSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { FlorError } from '../../model/errors.js'
import type { Io } from '../io.js'
import { cannotRun } from './find-program.js'
import { followStops, terminalModes } from './job-control.js'
import { type NamedPipe, PipeFolder } from './named-pipe.js'
import { type Relay, relay } from './relay.js'
import {
  findTerminalProgram,
  isInForeground,
  type TerminalProgram,
  TypescriptBody,
  terminalCommand,
} from './terminal-command.js'

/** A command to start. */
export interface ChildCommand {
  readonly command: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Gets what the command prints, as it comes; absent where nobody wants it. */
  readonly watcher?: OutputWatcher
}

/** Somebody who sees what a command prints. Streams are told apart where they can be: in a terminal both are one. */
export interface OutputWatcher {
  piece(stream: 'stdout' | 'stderr', piece: Buffer): void
}

/** How a command ended. */
export interface ChildEnd {
  readonly pid: number
  readonly exitCode?: number
  readonly signal?: NodeJS.Signals
  /** Milliseconds since 1970. */
  readonly endedMs: number
  /** Whether a process that the command left behind still has its output open: what that prints from now on is lost. */
  readonly leftBehind: boolean
  /** Whether all of its output was read, as far as anybody watched it. */
  readonly isComplete: boolean
  /** Why what the command printed on stdout could not be handed on, where it passed through us. */
  readonly lostOutput?: NodeJS.ErrnoException
}

/** A command that is running. */
export interface Child {
  readonly ended: Promise<ChildEnd>
  /** Sends a signal to the command itself. */
  kill(signal: NodeJS.Signals): void
}

/** What is in between, and why there is nothing where something was asked for. */
export interface StartedChild extends Child {
  /** Sentence for the user: what is not recorded of the output, and why. */
  readonly problem: string | undefined
}

/**
 * Starts a command whose output goes where ours goes, and is seen by the watcher on its way, untouched and without delay. The command finds what it would find without us: pipes where ours
 * are pipes or files, and where ours is a terminal a terminal, of the same size and in which Ctrl-C works. Where that cannot be made the command simply gets our own streams, and
 * `problem` tells that nothing is seen of them.
 *
 * `ended` is rejected with a FlorError of {@link cannotRun} where the command cannot be started.
 */
export function startChild(io: Io, child: ChildCommand): StartedChild {
  if (child.watcher === undefined) return { ...startPlain(child), problem: undefined }
  const isTerminal = io.isTerminal.stdout || io.isTerminal.stderr
  const terminal = isTerminal ? findTerminalProgram(child.env) : undefined
  if (isTerminal && terminal === undefined) {
    const problem =
      'its output is not recorded: for that, on a terminal, script(1) of util-linux, macOS or FreeBSD is needed'
    return { ...startPlain(child), problem }
  }
  let pipes: PipeFolder | undefined
  try {
    pipes = new PipeFolder()
    const started =
      terminal === undefined ? startWithPipes(io, child, pipes) : startInTerminal(terminal, io, child, pipes)
    return { ...started, problem: undefined }
  } catch (error) {
    pipes?.remove()
    if (error instanceof FlorError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return { ...startPlain(child), problem: `its output is not recorded: ${reason}` }
  }
}

function startPlain({ command: [program, ...args], cwd, env }: ChildCommand): Child {
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' })
  return { ended: endOf(child, program), kill: (signal) => child.kill(signal) }
}

function startWithPipes(io: Io, child: ChildCommand, folder: PipeFolder): Child {
  const watcher = child.watcher as OutputWatcher
  const [program, ...args] = child.command
  const out = folder.pipe('stdout')
  const err = folder.pipe('stderr')
  const relays = [
    relay(out.reader, io.stdout, (piece) => watcher.piece('stdout', piece)),
    relay(err.reader, io.stderr, (piece) => watcher.piece('stderr', piece)),
  ]
  const { cwd, env } = child
  const started = spawn(program, args, { cwd, env, stdio: ['inherit', out.writer, err.writer] })
  folder.remove()
  return {
    ended: endWithRelays(endOf(started, program), [out, err], relays, relays[0]),
    kill: (signal) => started.kill(signal),
  }
}

function startInTerminal(kind: TerminalProgram, io: Io, child: ChildCommand, folder: PipeFolder): Child {
  const watcher = child.watcher as OutputWatcher
  const copy = folder.pipe('terminal')
  const body = new TypescriptBody()
  const pipes = [copy]
  const relays = [relay(copy.reader, undefined, (piece) => watcher.piece('stdout', body.push(piece)))]
  const redirections: string[] = []
  const passed: (number | 'ignore')[] = ['ignore', 'ignore', 'ignore']
  const terminal = io.isTerminal.stdout ? 1 : 2
  const keyboard = isInForeground() ? openTerminal(io) : undefined

  // Descriptors 3, 4 and 5: those of the command's own streams that are no terminal.
  if (!io.isTerminal.stdin) {
    passed[0] = 0
    redirections.push('<&3')
  } else if (keyboard === undefined) redirections.push('</dev/null')
  const passOn = (stream: 'stdout' | 'stderr', target: Writable, at: 1 | 2): Relay => {
    const pipe = folder.pipe(stream)
    const passing = relay(pipe.reader, target, (piece) => watcher.piece(stream, piece))
    pipes.push(pipe)
    relays.push(passing)
    passed[at] = pipe.writer
    redirections.push(`${at}>&${at + 3}`)
    return passing
  }
  const toStdout = io.isTerminal.stdout ? undefined : passOn('stdout', io.stdout, 1)
  if (!io.isTerminal.stderr) passOn('stderr', io.stderr, 2)

  const modes = keyboard === undefined || kind !== 'util-linux' ? undefined : terminalModes(keyboard)
  const pidFile = join(folder.path, 'pid')
  const { program, args, env } = terminalCommand(kind, {
    command: child.command,
    env: child.env,
    copy: copy.path,
    pidFile,
    redirections: [...redirections, '3>&- 4>&- 5>&-'].join(' '),
    ...(keyboard === undefined ? { size: terminalSize(io) } : {}),
    ...(modes === undefined ? {} : { jobs: join(folder.path, 'jobs') }),
  })
  const started = spawn(program, args, {
    cwd: child.cwd,
    env,
    stdio: [keyboard ?? 'ignore', terminal, terminal, ...passed],
  })
  const release =
    keyboard === undefined || modes === undefined || started.pid === undefined
      ? () => {}
      : followStops(started.pid, keyboard, modes)
  const readPid = (): number | undefined => {
    try {
      return Number(readFileSync(pidFile, 'utf8').trim()) || undefined
    } catch {
      // It has not got so far yet, or never will.
      return undefined
    }
  }
  const ended = endOf(started, program).then((end) => {
    const pid = readPid() ?? end.pid
    release()
    if (keyboard !== undefined) closeSync(keyboard)
    folder.remove()
    return { ...signalOf(end), pid }
  })
  return {
    ended: endWithRelays(ended, pipes, relays, toStdout).then((end) => {
      const rest = body.finish()
      if (rest.length > 0) watcher.piece('stdout', rest)
      return end
    }),
    kill(signal) {
      const pid = readPid()
      try {
        if (pid === undefined) started.kill(signal)
        else process.kill(pid, signal)
      } catch {
        // It has just ended.
      }
    },
  }
}

/** The user's terminal, for reading keys and its size. Standard output may have been opened for writing only. */
function openTerminal(io: Io): number | undefined {
  try {
    return openSync(io.isTerminal.stdin ? '/dev/fd/0' : '/dev/tty', files.O_RDWR | files.O_NOCTTY)
  } catch {
    return undefined
  }
}

function terminalSize(io: Io): { rows: number; columns: number } {
  const stream = (io.isTerminal.stdout ? io.stdout : io.stderr) as Writable & {
    rows?: number
    columns?: number
  }
  return { rows: stream.rows ?? 24, columns: stream.columns ?? 80 }
}

/** script(1) tells of a command that a signal ended as shells do: 128 and the signal's number. */
function signalOf(end: ChildEnd): ChildEnd {
  const number = (end.exitCode ?? 0) - 128
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  if (name === undefined) return end
  const { exitCode: _, ...rest } = end
  return { ...rest, signal: name as NodeJS.Signals }
}

async function endWithRelays(
  ending: Promise<ChildEnd>,
  pipes: readonly NamedPipe[],
  relays: readonly Relay[],
  toStdout: Relay | undefined,
): Promise<ChildEnd> {
  const end = await ending.finally(() => {
    for (const pipe of pipes) pipe.release()
  })
  const ends = await Promise.all(relays.map((it) => it.finish()))
  const lostOutput = toStdout?.failure
  return {
    ...end,
    leftBehind: ends.includes('held'),
    isComplete: ends.every((it) => it === 'complete'),
    ...(lostOutput !== undefined && { lostOutput }),
  }
}

function endOf(child: ChildProcess, program: string): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(program, error)))
    child.on('exit', (exitCode, signal) => {
      resolve({
        pid: child.pid as number,
        endedMs: Date.now(),
        ...(exitCode === null ? {} : { exitCode }),
        ...(signal === null ? {} : { signal }),
        leftBehind: false,
        isComplete: true,
      })
    })
  })
}

import { FlorError, isFlorError } from '../model/errors.js'
import type { Command } from './command.js'
import { COMMANDS, type CommandEntry } from './commands/index.js'
import { CommandContext } from './context.js'
import { ExitCode } from './errors/hints.js'
import { type Invocation, parseInvocation } from './globals.js'
import { type Io, layoutColumns } from './io.js'
import { BrokenPipe, Output } from './output.js'
import { PLACE_VARIABLES, standInPrefix } from './prefix.js'

/**
 * The command line: `argv` without node and script. Never throws and never ends the process; answers the exit code.
 * `--git-dir` is handed to everything below as GIT_DIR, as git does, for as long as the command runs.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const before = new Map(PLACE_VARIABLES.map((name) => [name, process.env[name]]))
  // Whoever closed stderr wants no messages. What becomes of stdout is told by who prints on it.
  io.stderr.on('error', () => {})
  io.stdout.on('error', () => {})
  try {
    const invocation = parseInvocation(argv)
    const standing = standInPrefix(io, process.env)
    if (invocation.gitDir !== undefined) process.env.GIT_DIR = invocation.gitDir
    return await interruptible(io, dispatch(invocation, standing))
  } catch (error) {
    return await fail(error, io)
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

async function dispatch(invocation: Invocation, io: Io): Promise<number | CommandOutcome> {
  const { action, command: name } = invocation
  const print = async (text: string): Promise<number> => {
    const out = new Output(io.stdout)
    await out.print(text)
    await out.flush()
    return ExitCode.ok
  }
  if (action === 'version') {
    const { packageVersion } = await import('./package-root.js')
    return print(`git-flor version ${packageVersion()}\n`)
  }
  if (name === undefined) {
    if (action === 'manual' && (await showManual('git-flor', io))) return ExitCode.ok
    const { overview } = await import('./help.js')
    await print(overview(layoutColumns(io)))
    return action === 'run' ? ExitCode.usage : ExitCode.ok
  }
  const entry = COMMANDS.find((it) => it.name === name)
  if (entry === undefined) throw await unknownCommand(name)
  if (action === 'manual' && (await showManual(`git-flor-${name}`, io))) return ExitCode.ok
  if (action !== 'run') {
    const [command, { commandHelp }] = await Promise.all([entry.load(), import('./help.js')])
    return print(commandHelp(command, layoutColumns(io)))
  }
  return execute(entry, invocation, io)
}

async function showManual(page: string, io: Io): Promise<boolean> {
  const { openManual } = await import('./manual.js')
  return openManual(io, page)
}

/** A running command, and whether it minds interruptions itself. */
interface CommandOutcome {
  readonly endsOnInterrupt: boolean
  readonly exitCode: Promise<number>
  /** Leaves the terminal to whom it belongs then. */
  readonly abandon: () => Promise<void>
}

async function execute(entry: CommandEntry, invocation: Invocation, io: Io): Promise<CommandOutcome> {
  const [command, { parseArguments }] = await Promise.all([entry.load(), import('./arguments/parse.js')])
  const options = parseArguments(command, invocation.args)
  const context = new CommandContext(io, invocation.globals, command.name, options['quiet'] === true)
  return {
    endsOnInterrupt: command.endsOnInterrupt === true,
    exitCode: runCommand(command, options, context),
    abandon: () => context.abandon(),
  }
}

async function runCommand(
  command: Command,
  options: Parameters<Command['run']>[1],
  context: CommandContext,
): Promise<number> {
  let exitCode: number
  try {
    // What goes into a file is not paged, and coloured only where that is asked for.
    if (typeof options.output === 'string') context.printsToFile()
    else await context.startPaging(command.paged === true)
    exitCode = await command.run(context, options)
  } catch (error) {
    // What was printed so far comes before the error; the error counts even when closing fails as well.
    await context.close().catch(() => {})
    throw context.io.signal.aborted && isEndedGit(error)
      ? new FlorError('interrupted', { code: 'INTERRUPTED', cause: error })
      : error
  }
  await context.close()
  return exitCode
}

/** A Ctrl-C of the terminal ends every git that was started: that is no failure of git's. */
function isEndedGit(error: unknown): boolean {
  return isFlorError(error, 'GIT_FAILED') && error.data.signal !== undefined
}

/** Waits for a command, or for Ctrl-C where the command does not answer to that itself. */
async function interruptible(io: Io, work: Promise<number | CommandOutcome>): Promise<number> {
  const outcome = await work
  if (typeof outcome === 'number') return outcome
  if (outcome.endsOnInterrupt) return outcome.exitCode
  const interrupted = new Promise<number>((resolve) => {
    const stop = (): void => void outcome.abandon().then(() => resolve(ExitCode.interrupted))
    if (io.signal.aborted) stop()
    io.signal.addEventListener('abort', stop, { once: true })
  })
  return Promise.race([outcome.exitCode, interrupted])
}

async function unknownCommand(name: string): Promise<FlorError> {
  const { nearestNames } = await import('../query/suggest.js')
  const [near] = nearestNames(
    name,
    COMMANDS.filter((entry) => entry.isHidden !== true).map((entry) => entry.name),
  )
  return new FlorError(`'${name}' is not a git flor command`, {
    code: 'USAGE',
    data: { value: name, near: near === undefined ? undefined : `git flor ${near}` },
  })
}

async function fail(error: unknown, io: Io): Promise<number> {
  if (error instanceof BrokenPipe) return ExitCode.brokenPipe
  const { reportError } = await import('./errors/report.js')
  const { text, exitCode } = reportError(error, layoutColumns(io))
  io.stderr.write(text)
  return exitCode
}

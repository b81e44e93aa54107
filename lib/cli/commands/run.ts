import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { FlorError } from '../../model/errors.js'
import { endAbandonedSpools, type ProcessEnd } from '../../repository/end-spool.js'
import { findRunsSince } from '../../repository/runs-since.js'
import { usageError } from '../arguments/canonical.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { counted } from '../render/number.js'
import { formatStatus } from '../views/run-code.js'

/** Signals that follow one another so soon are one Ctrl-C. */
const SAME_WISH_MS = 500

/** `git flor run`: starts a training command, hands signals and the exit code through, and seals what it recorded. */
export const run = defineCommand({
  name: 'run',
  usage: ['[--set <name>=<value>]... [--] <command> [<argument>...]'],
  description:
    'Starts a command in the current folder, its input and output untouched, and seals what it recorded as soon as it ends, however it ends. Signals go to the command; its exit code is the answer.',
  options: {
    set: {
      type: 'string',
      array: true,
      argument: '<name>=<value>',
      describe: 'value of a flor.arg, over the default in the script; may be repeated',
    },
    quiet: { type: 'boolean', alias: 'q', describe: 'say nothing of the runs that were recorded' },
  },
  examples: [
    ['run -- node train.js', 'train, and seal at once'],
    ['run --set lr=0.01 --set epochs=8 -- node train.js', 'with other arguments'],
  ],
  arity: { min: 1, max: Number.POSITIVE_INFINITY },
  stopsAtFirstArgument: true,
  endsOnInterrupt: true,
  async run(context, options) {
    const [command, ...args] = options.arguments as readonly [string, ...string[]]
    const florArgs = parseAssignments(options.set ?? [], context.io.env.FLOR_ARGS)
    const startedMs = Date.now()
    const ended = await runChild(context, command, args, {
      ...context.io.env,
      ...(florArgs === undefined ? {} : { FLOR_ARGS: florArgs }),
    })
    await tellRuns(context, { startedMs, ended }, options.arguments, options.quiet === true)
    if (ended.signal !== undefined) return 128 + constants.signals[ended.signal]
    return ended.exitCode ?? ExitCode.failed
  },
})

/** FLOR_ARGS for `--set` options, over what the environment already has; undefined where there are none. */
function parseAssignments(settings: readonly string[], inherited: string | undefined): string | undefined {
  if (settings.length === 0) return undefined
  const pairs = settings.map((text) => {
    const equals = text.indexOf('=')
    if (equals < 1) throw usageError({ name: 'run' }, `--set needs <name>=<value>, not '${text}'`, text)
    return [text.slice(0, equals), text.slice(equals + 1)] as const
  })
  const before = inherited === undefined || inherited === '' ? {} : JSON.parse(inherited)
  return JSON.stringify({ ...before, ...Object.fromEntries(pairs) })
}

/** How the command ended. */
interface ChildEnd extends ProcessEnd {
  readonly signal?: NodeJS.Signals
}

/** Runs the command to its end. */
function runChild(
  { io, cwd }: CommandContext,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' })
    let interruptedMs = Number.NEGATIVE_INFINITY
    const release = io.onSignal((signal) => {
      // Ctrl-C on a terminal reaches the child by itself, as everything in the foreground; git then sends us SIGTERM for it.
      if (signal === 'SIGTERM' && performance.now() - interruptedMs < SAME_WISH_MS) return
      if (signal === 'SIGINT') interruptedMs = performance.now()
      if (signal !== 'SIGINT' || !io.isTerminal.stdin) child.kill(signal)
    })
    child.on('error', (error) => {
      release()
      const isMissing = 'code' in error && error.code === 'ENOENT'
      reject(
        new FlorError(isMissing ? `no such command: ${command}` : `could not start ${command}`, {
          code: 'FILE_UNREADABLE',
          data: { path: command },
          ...(isMissing ? {} : { cause: error }),
        }),
      )
    })
    child.on('close', (code, signal) => {
      release()
      resolve({
        pid: child.pid as number,
        endedMs: Date.now(),
        ...(code === null ? {} : { exitCode: code }),
        ...(signal === null ? {} : { signal }),
      })
    })
  })
}

/** Completes what the command recorded, and says which runs that were; that there is none, where there is none. */
async function tellRuns(
  context: CommandContext,
  { startedMs, ended }: { readonly startedMs: number; readonly ended: ProcessEnd },
  argv: readonly string[],
  quiet: boolean,
): Promise<void> {
  try {
    const repository = await context.repository()
    await endAbandonedSpools(repository, ended)
    const runs = await findRunsSince(repository, startedMs)
    if (runs.length === 0) {
      context.note(`warning: nothing was recorded: \`${argv.join(' ')}\` made no git-flor call`)
      context.note(`hint: import * as flor from 'git-flor', then flor.log('loss', loss), in the script`)
      return
    }
    if (quiet) return
    for (const entry of runs) {
      const values = entry.metrics.reduce((sum, metric) => sum + metric.summary.count, 0)
      const status = formatStatus(entry)
      const ended = status === '' ? '' : ` (${status})`
      context.note(`recorded run ${entry.run.slice(0, 7)}: ${counted(values, 'value')}${ended}`)
    }
  } catch (error) {
    // The training went well or badly by itself: its exit code must not change because of us.
    context.note(
      `warning: nothing could be recorded: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

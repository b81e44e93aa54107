import { constants } from 'node:os'
import type { RunEntry } from '../../db/run-entry.js'
import { isFlorError } from '../../model/errors.js'
import { endAbandonedSpools } from '../../repository/end-spool.js'
import { findRunsById } from '../../repository/runs-by-id.js'
import { usageError } from '../arguments/canonical.js'
import { checkProgram } from '../child/find-program.js'
import { type ChildEnd, startChild } from '../child/start-child.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { counted, formatSize } from '../render/number.js'
import { formatStatus } from '../views/run-code.js'
import { PATTERN_OPTIONS } from './capture-settings.js'
import { type CommandRecording, startRecording } from './run-recording.js'

/** Signals that follow one another so soon are one Ctrl-C. */
const SAME_WISH_MS = 500

/** `git flor run`: starts any command, hands its streams, signals and exit code through, and records it as a run. */
export const run = defineCommand({
  name: 'run',
  usage: ['[<options>] [--] <command> [<argument>...]'],
  description:
    'Starts a command in the current folder and records it: the code as it is now, the command, its duration, how it ended, and the beginning and end of what it printed. That passes through untouched. A program that imports git-flor records its own run, which gets the output. Signals go to the command; its exit code is the answer (127 where there is no such command, 126 where it cannot be executed, 1 where it ended well and its output found no room).',
  options: {
    set: {
      type: 'string',
      array: true,
      argument: '<name>=<value>',
      describe: 'value of a flor.arg, over the default in the script; may be repeated',
    },
    capture: {
      type: 'string',
      argument: '<patterns>',
      optional: { alone: 'true', negated: 'none' },
      describe:
        'take metrics out of the output: `loss: 0.3`, JSON lines, progress bars, tables; <patterns> names some of pairs, fields, json, table (default: flor.capture)',
    },
    ...PATTERN_OPTIONS,
    output: {
      type: 'boolean',
      describe:
        'record what the command prints (the default, or flor.output); --no-output gives the command our own streams, with nothing between',
    },
    quiet: { type: 'boolean', alias: 'q', describe: 'say nothing of the runs that were recorded' },
  },
  examples: [
    ['run -- node train.js', 'train, and record at once'],
    ['run --set lr=0.01 --set epochs=8 -- node train.js', 'with other arguments'],
    [
      'run --capture -- python train.py',
      'a script that knows nothing of git-flor, with what it prints as metrics',
    ],
  ],
  arity: { min: 1, max: Number.POSITIVE_INFINITY },
  stopsAtFirstArgument: true,
  endsOnInterrupt: true,
  async run(context, options) {
    const command = options.arguments as readonly [string, ...string[]]
    const { io, cwd } = context
    const florArgs = parseAssignments(options.set ?? [], io.env.FLOR_ARGS)
    checkProgram(command[0], cwd, io.env)
    const startedMs = Date.now()
    const recording = await startRecording(context, {
      argv: command,
      asked: { capture: options.capture, patterns: options.pattern ?? [] },
      output: options.output,
    })
    const child = startChild(io, {
      command,
      cwd,
      env: {
        ...io.env,
        ...(florArgs === undefined ? {} : { FLOR_ARGS: florArgs }),
        ...(recording.run === undefined ? {} : { FLOR_WRAPPER: recording.run.folder }),
      },
      ...(recording.output === undefined ? {} : { watcher: recording.output }),
    })
    if (child.problem !== undefined) context.note(`warning: ${child.problem}`)
    const release = passSignals(context, child.kill)
    let ended: ChildEnd
    try {
      ended = await child.ended
    } catch (error) {
      recording.run?.end({
        exitCode: isFlorError(error, 'COMMAND_NOT_FOUND')
          ? ExitCode.commandNotFound
          : ExitCode.commandNotExecutable,
      })
      throw error
    } finally {
      release()
    }
    if (ended.leftBehind)
      context.note(
        'warning: a process that is still running has the output open; what it prints from now on is lost',
      )
    await tellRuns(context, recording, { startedMs, ended }, options.quiet === true)
    return exitCodeOf(context, ended)
  },
})

/**
 * The command's own. Only where it had written everything, as far as it could see, and we could not hand that on, ours: that of `cat`
 * where the disk is full, and that of a broken pipe.
 */
function exitCodeOf(context: CommandContext, { exitCode, signal, lostOutput }: ChildEnd): number {
  const isBrokenPipe = lostOutput?.code === 'EPIPE'
  if (lostOutput !== undefined && !isBrokenPipe)
    context.note(`error: the output of the command cannot be written: ${lostOutput.message}`)
  if (signal !== undefined) return 128 + constants.signals[signal]
  if (exitCode !== 0 || lostOutput === undefined) return exitCode ?? ExitCode.failed
  return isBrokenPipe ? ExitCode.brokenPipe : ExitCode.failed
}

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

/** Hands signals on; answers what ends that. */
function passSignals({ io }: CommandContext, kill: (signal: NodeJS.Signals) => void): () => void {
  let interruptedMs = Number.NEGATIVE_INFINITY
  return io.onSignal((signal) => {
    // Ctrl-C on a terminal reaches the child by itself, as everything in the foreground; git then sends us SIGTERM for it.
    if (signal === 'SIGTERM' && performance.now() - interruptedMs < SAME_WISH_MS) return
    if (signal === 'SIGINT') interruptedMs = performance.now()
    const isTyped = signal === 'SIGINT' || signal === 'SIGQUIT'
    if (!isTyped || !io.isTerminal.stdin) kill(signal)
  })
}

/** Completes what was recorded, seals it, and says which runs those are. */
async function tellRuns(
  context: CommandContext,
  recording: CommandRecording,
  { startedMs, ended }: { readonly startedMs: number; readonly ended: ChildEnd },
  quiet: boolean,
): Promise<void> {
  try {
    // Whoever is ended by a signal, itself or below a shell that answers 128 and the signal's number, may have been in the middle of a line.
    const isCut = ended.signal !== undefined || (ended.exitCode ?? 0) > 128 || !ended.isComplete
    recording.output?.finish(!isCut)
    const { isTerminal } = context.io
    // What we say begins a line of its own.
    if (recording.output?.endsMidLine === true && isTerminal.stdout && isTerminal.stderr && !quiet)
      context.io.stderr.write('\n')
    recording.run?.end(ended)
    const repository = await recording.repository
    if (repository === undefined || recording.run === undefined) return
    const { ids, heir } = recording.run.claims
    await endAbandonedSpools(repository, ended)
    const found = await findRunsById(repository, ids.length > 0 ? ids : [recording.run.id], startedMs)
    if (quiet) return
    for (const entry of found) context.note(summaryOf(entry))
    if (ids.length > 0 && heir === undefined && recording.output !== undefined && recording.keepsOutput)
      context.note(
        `note: the output belongs to none of them: the command recorded ${counted(ids.length, 'run')} of its own`,
      )
    const captured = recording.output?.valueCount ?? 0
    if (ids.length > 0 && captured > 0)
      context.note(`note: ${counted(captured, 'value')} in the output left out: the script logs its own`)
    if (ids.length === 0) tellHint(context, recording, found[0])
  } catch (error) {
    // The training went well or badly by itself: its exit code must not change because of us.
    context.note(
      `warning: nothing could be recorded: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function summaryOf(entry: RunEntry): string {
  const values = entry.metrics.reduce((sum, metric) => sum + metric.summary.count, 0)
  const { output } = entry.end
  const parts = [
    ...(values > 0 || entry.header.observed !== true ? [counted(values, 'value')] : []),
    ...(output === undefined || output.sizeBytes === 0 ? [] : [`${formatSize(output.sizeBytes)} of output`]),
  ]
  const status = formatStatus(entry)
  const how = status === '' ? '' : ` (${status})`
  return `recorded run ${entry.run.slice(0, 7)}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${how}`
}

function tellHint(context: CommandContext, recording: CommandRecording, entry: RunEntry | undefined): void {
  if (entry === undefined || entry.metrics.length > 0 || (entry.end.output?.lineCount ?? 0) === 0) return
  context.note(
    recording.captures
      ? 'hint: git flor show --output latest | git flor capture --preview -    shows what was looked at'
      : 'hint: git flor run --capture …    takes metrics out of the output; flor.log in the script logs them exactly',
  )
}

import { CommandRun } from '../../repository/command-run/command-run.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { readEnvironment } from '../../runtime/environment.js'
import { RecordedOutput } from '../child/recorded-output.js'
import type { CommandContext } from '../context.js'
import { type CaptureWish, captureSettings, patternTexts } from './capture-settings.js'

/** What a `git flor run` records. */
export interface CommandRecording {
  /** Absent where nothing is recorded. */
  readonly run: CommandRun | undefined
  /** Absent where nobody looks at the output. */
  readonly output: RecordedOutput | undefined
  readonly keepsOutput: boolean
  readonly captures: boolean
  readonly repository: FlorRepository | undefined
}

const NOTHING: CommandRecording = {
  run: undefined,
  output: undefined,
  keepsOutput: false,
  captures: false,
  repository: undefined,
}

/**
 * Begins to record a command. Where that cannot be (no repository, a full disk) the user is told, and the command runs all the same.
 * @throws FlorError CONFIG_INVALID, USAGE: what the user asked for must make sense before anything is started
 */
export async function startRecording(
  context: CommandContext,
  command: {
    readonly argv: readonly string[]
    readonly asked: CaptureWish
    /** `--output` or `--no-output`; undefined where neither was given. */
    readonly output: boolean | undefined
  },
): Promise<CommandRecording> {
  const environment = readEnvironment({ ...context.io.env })
  const asked = captureSettings(command.asked, { capture: undefined, patterns: [] }, 'run')
  if (environment.isOff) return NOTHING
  if (environment.parentRun !== undefined) {
    context.note(`note: this command belongs to run ${environment.parentRun} and is recorded with it`)
    return NOTHING
  }
  let repository: FlorRepository
  try {
    repository = await context.repository()
  } catch (error) {
    return withoutRun(context, error)
  }
  const { config } = repository
  const capture = captureSettings(
    command.asked,
    { capture: config.capture, patterns: config.patterns },
    'run',
  )
  const keepsOutput = command.output ?? config.output
  // `--no-output` means that nothing stands between the command and our streams.
  const captures = capture !== undefined && command.output !== false
  if (asked !== undefined && command.output === false)
    context.note('warning: nothing is captured: --no-output leaves the output alone')
  try {
    const run = new CommandRun(repository, {
      argv: command.argv,
      cwd: context.cwd,
      ...(keepsOutput ? { output: config.outputLimits } : {}),
      ...(captures ? { patterns: patternTexts(capture) } : {}),
      ...(environment.wrapper === undefined ? {} : { wrapper: environment.wrapper }),
      onFailure: (error) =>
        context.note(`warning: recording ends here, the command goes on: ${messageOf(error)}`),
    })
    const onProblem = (text: string): void => {
      context.note(`warning: ${text}`)
      run.warn(text)
    }
    const output =
      keepsOutput || captures
        ? new RecordedOutput(run, { keep: keepsOutput, capture: captures ? capture : undefined }, onProblem)
        : undefined
    return { run, output, keepsOutput, captures, repository }
  } catch (error) {
    return withoutRun(context, error)
  }
}

function withoutRun(context: CommandContext, error: unknown): CommandRecording {
  context.note(`warning: nothing is recorded: ${messageOf(error)}`)
  return NOTHING
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

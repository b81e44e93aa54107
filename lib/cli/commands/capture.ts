import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { type CapturedLine, Capturer, EVERY_PATTERN } from '../../capture/capturer.js'
import { LineAssembler, type LineBlock } from '../../capture/line-assembler.js'
import { FlorError, isFlorError } from '../../model/errors.js'
import { usageError } from '../arguments/canonical.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { Progress } from '../progress.js'
import { counted } from '../render/number.js'
import { CaptureTotals, captureToJson, formatCapturedLine, formatTotals } from '../views/capture-preview.js'
import { type CaptureWish, captureSettings, PATTERN_OPTIONS } from './capture-settings.js'

/** `git flor capture --preview`: what `git flor run --capture` would take out of an output, without recording anything. */
export const capture = defineCommand({
  name: 'capture',
  usage: ['--preview [<options>] <file>'],
  description:
    'Shows which metrics `git flor run --capture` would take out of an output that lies in a file (- reads standard input), and in which iterations. Nothing is recorded. docs/capture.md tells what is taken, and what is left out.',
  options: {
    preview: {
      type: 'string',
      argument: '<file>',
      optional: { alone: '', negated: '' },
      describe:
        'look at an output that is there already; the file can also be the argument; - is standard input',
    },
    lines: { type: 'boolean', describe: 'line by line, with what is taken marked' },
    capture: {
      type: 'string',
      argument: '<patterns>',
      optional: { alone: 'true', negated: 'none' },
      describe: 'only these: pairs, fields, json, table, or own (default: flor.capture, else all)',
    },
    ...PATTERN_OPTIONS,
    json: { type: 'boolean', describe: 'print JSON (docs/json.md)' },
  },
  examples: [
    ['capture --preview train.log', 'names, iterations and values'],
    ['capture --preview --lines --pattern "perplexity of (?<ppl>\\S+)" -', 'try a pattern'],
  ],
  arity: { min: 0, max: 1 },
  paged: true,
  async run(context, options) {
    const file = fileOf(options.preview, options.arguments)
    const asked = { capture: options.capture, patterns: options.pattern ?? [] }
    const settings =
      captureSettings(asked, await configuredWish(context), 'capture') ??
      (options.capture === undefined ? EVERY_PATTERN : { patterns: [], own: [] })
    const capturer = new Capturer(settings, (text) => context.note(`warning: ${text}`))
    const totals = new CaptureTotals()
    const style = await context.style()
    const seen: CapturedLine[] = []
    const progress = new Progress(context.io)
    for await (const block of linesOf(inputOf(context, file), file)) {
      if (options.lines !== true) progress.show([`${counted(totals.lineCount, 'line')} read`])
      const texts = block.isWhole && !block.isCut ? block.bytes.toString('utf8').split('\n') : ['']
      for (const line of capturer.lines(texts)) {
        totals.add(line)
        if (options.json === true && options.lines === true) seen.push(line)
        else if (options.lines === true) await context.out.lines(formatCapturedLine(line, style))
      }
    }
    progress.clear()
    if (options.json === true) {
      await context.out.print(`${toJson(captureToJson(totals, options.lines === true ? seen : undefined))}\n`)
      return ExitCode.ok
    }
    if (options.lines === true && totals.metrics.length > 0) await context.out.print('\n')
    await context.out.lines(formatTotals(totals, context.columns))
    context.note(
      `${counted(totals.valueCount, 'value')} of ${counted(totals.metrics.length, 'metric')} in ${counted(totals.lineCount, 'line')}`,
    )
    return ExitCode.ok
  },
})

/** The file to look at: stuck to `--preview=`, or the argument, wherever that stands. @throws FlorError USAGE */
function fileOf(preview: string | undefined, args: readonly string[]): string {
  const [file, extra] = preview === undefined || preview === '' ? args : [preview, ...args]
  const refuse = (message: string, value: string, near?: string): FlorError =>
    usageError({ name: 'capture' }, message, value, near)
  if (preview === undefined) throw refuse('option --preview is missing', '', '--preview <file>')
  if (file === undefined || file === '')
    throw refuse('the file to look at is missing', '', '--preview <file>')
  if (extra !== undefined) throw refuse(`unexpected argument '${extra}'`, extra)
  return file
}

/** What `flor.capture` and `flor.pattern` say; nothing outside of a repository. */
async function configuredWish(context: CommandContext): Promise<CaptureWish> {
  try {
    const { config } = await context.repository()
    return { capture: config.capture, patterns: config.patterns }
  } catch (error) {
    if (!isFlorError(error, 'NOT_A_REPOSITORY')) throw error
    return { capture: undefined, patterns: [] }
  }
}

function inputOf(context: CommandContext, path: string): Readable {
  return path === '-' ? context.io.stdin : createReadStream(resolve(context.cwd, path))
}

/** @throws FlorError FILE_UNREADABLE (data: path) */
async function* linesOf(input: Readable, name: string): AsyncGenerator<LineBlock> {
  const assembler = new LineAssembler()
  const blocks: LineBlock[] = []
  try {
    for await (const piece of input) {
      assembler.push(Buffer.from(piece), (block) => blocks.push(block))
      yield* blocks.splice(0)
    }
  } catch (error) {
    throw new FlorError(`cannot read '${name}'`, {
      code: 'FILE_UNREADABLE',
      data: { path: name },
      cause: error,
    })
  }
  // A last line is whole without its line feed, too, as in a recording: nobody goes on writing it.
  const rest = assembler.finish()
  if (rest !== undefined) yield { ...rest, isWhole: true }
}

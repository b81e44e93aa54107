import { usageError } from '../arguments/canonical.js'
import type { CommandContext } from '../context.js'
import type { Output } from '../output.js'

/** The options that say how runs or rows are printed. */
export interface OutputOptions {
  readonly oneline?: boolean | undefined
  readonly json?: boolean | undefined
  readonly jsonl?: boolean | undefined
  readonly csv?: boolean | undefined
  readonly tsv?: boolean | undefined
  readonly parquet?: boolean | undefined
  readonly format?: string | undefined
  readonly null?: boolean | undefined
  readonly output?: string | undefined
}

/** What `git flor log` prints. */
export type OutputForm = 'text' | 'oneline' | 'json' | 'jsonl' | 'csv' | 'tsv' | 'parquet' | 'format'

/** How it prints, as its options say together. */
export interface LogOutput {
  readonly form: OutputForm
  /** What a record, or an entry of the list, ends with. */
  readonly end: '\n' | '\0'
  /** The format of `format`; '' for others. */
  readonly template: string
  /** Prints to the file of `--output`, else to stdout. */
  print(context: CommandContext, print: (out: Output) => Promise<void>): Promise<void>
}

const FORMS = ['oneline', 'json', 'jsonl', 'csv', 'tsv', 'parquet', 'format'] as const
/** Forms without records that NUL could end. */
const WITHOUT_NUL: readonly OutputForm[] = ['json', 'csv', 'parquet']

/**
 * Reads the options together.
 * @throws FlorError USAGE for two forms at once, `-z` with one that has no use for it, and bytes that would go to a terminal
 */
export function readOutput(context: CommandContext, options: OutputOptions): LogOutput {
  const chosen = FORMS.filter((form) => options[form] !== undefined && options[form] !== false)
  const [form = 'text', other] = chosen
  if (other !== undefined) throw usage(`--${form} and --${other} exclude each other`, `--${other}`)
  const isNul = options.null === true
  if (isNul && WITHOUT_NUL.includes(form)) throw usage(`-z has no meaning with --${form}`, '-z')
  const output = options.output === '-' || options.output === '/dev/stdout' ? undefined : options.output
  if (form === 'parquet' && output === undefined && context.io.isTerminal.stdout) {
    throw usage(
      '--parquet prints no text: add --output <file>, or send it into a file or a pipe',
      '--parquet',
    )
  }
  return {
    form,
    end: isNul ? '\0' : '\n',
    template: options.format ?? '',
    async print(to, print) {
      if (output === undefined) return print(to.out)
      const { printToFile } = await import('../output-file.js')
      await printToFile(output, to.cwd, print)
    },
  }
}

function usage(message: string, value: string): Error {
  return usageError({ name: 'log' }, message, value)
}

import { oneOf, wholeNumber } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import { ExitCode } from '../errors/hints.js'

const OPTIONS = {
  'max-count': {
    type: 'string',
    alias: 'n',
    argument: '<n>',
    describe: 'show at most <n> runs; with names, at most <n> rows',
    coerce: wholeNumber('-n'),
  },
  where: {
    type: 'string',
    argument: '<predicate>',
    describe: "only rows (runs) for which it holds: 'lr <= 0.01 and epoch >= 5'",
  },
  sort: {
    type: 'string',
    argument: '<key>',
    describe: 'sort by a column or an aggregate; a leading - sorts downwards: -val_acc, max(val_acc)',
  },
  since: {
    type: 'string',
    argument: '<date>',
    describe: "only runs that started at or after it, dates as git reads them: '2 weeks ago'",
  },
  until: { type: 'string', argument: '<date>', describe: 'only runs that started before it' },
  script: { type: 'string', argument: '<path>', describe: 'only runs of this script' },
  status: {
    type: 'string',
    argument: '<status>',
    describe: 'only runs that are completed, failed or interrupted',
    coerce: oneOf('--status', ['completed', 'failed', 'interrupted']),
  },
  oneline: { type: 'boolean', describe: 'one line a run' },
  json: { type: 'boolean', describe: 'print JSON (docs/json.md)' },
  csv: { type: 'boolean', describe: 'with names: print CSV, numbers exact' },
} as const satisfies OptionTable

/** The options of `git flor log`. */
export type LogOptions = CommandOptions<typeof OPTIONS>

/** `git flor log`: the list of runs, or with names the pivoted table of their values. */
export const log = defineCommand({
  name: 'log',
  usage: ['[<options>]', '[<options>] <name>...'],
  description:
    'Without names: runs, newest first, with their arguments and the course of each metric. With names: one table of their values over all runs; rows are the finest loop iterations among the names, and coarser values (arguments, run attributes) are joined to them.',
  options: OPTIONS,
  examples: [
    ['log -n 3', 'the last three runs'],
    ['log lr loss val_acc', 'these values of all runs as one table'],
    ["log val_acc --where 'lr > 0.001' --sort -val_acc -n 10", 'the ten best of some'],
    ['log loss --csv > loss.csv', 'for pandas, R or a spreadsheet'],
  ],
  arity: { min: 0, max: Number.POSITIVE_INFINITY },
  paged: true,
  async run(context, options) {
    if (options.arguments.length > 0) {
      const { printPivot } = await import('./log-pivot.js')
      await printPivot(context, options)
    } else {
      const { printRuns } = await import('./log-list.js')
      await printRuns(context, options)
    }
    return ExitCode.ok
  },
})

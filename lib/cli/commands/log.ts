import type { FlorRepository } from '../../repository/flor-repository.js'
import { atMost, eachOf, eachWritten } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import { hinted } from '../errors/hinted.js'
import { ExitCode } from '../errors/hints.js'
import { placedIn } from '../errors/placed-in.js'
import type { LogArguments } from './log-arguments.js'
import { readOutput } from './log-output.js'
import { joinedPredicate, joinedSort } from './run-criteria.js'

const SORT_HINT = "--sort '-max(val_acc), lr'    sorts by two keys, the first downwards"

const OPTIONS = {
  'max-count': {
    type: 'string',
    alias: 'n',
    argument: '<n>',
    describe: 'show at most <n> runs; with names, at most <n> rows; -1 shows all',
    coerce: atMost('-n', undefined),
  },
  where: {
    type: 'string',
    array: true,
    argument: '<predicate>',
    describe: "only rows (runs) for which it holds: 'lr <= 0.01 and epoch >= 5'",
    coerce: eachWritten(
      '--where',
      'a predicate',
      "git flor log loss --where 'lr > 0.01 and epoch >= 5'    is how a predicate looks",
    ),
  },
  sort: {
    type: 'string',
    array: true,
    argument: '<key>',
    describe: 'sort by a column or an aggregate; a leading - sorts downwards: -val_acc, max(val_acc)',
    coerce: eachWritten('--sort', 'a key', `git flor log ${SORT_HINT}`),
  },
  since: {
    type: 'string',
    synonym: 'after',
    argument: '<date>',
    describe: "only runs that started at or after it, dates as git reads them: '2 weeks ago'",
  },
  until: {
    type: 'string',
    synonym: 'before',
    argument: '<date>',
    describe: 'only runs that started before it',
  },
  author: {
    type: 'string',
    array: true,
    argument: '<pattern>',
    describe: 'only runs whose run commit has an author that matches, as git log has it',
  },
  script: {
    type: 'string',
    array: true,
    argument: '<path>',
    describe: 'only runs of this script; may be repeated',
  },
  status: {
    type: 'string',
    argument: '<status>',
    describe: 'only runs that are completed, failed or interrupted; may be repeated',
    array: true,
    coerce: eachOf('--status', ['completed', 'failed', 'interrupted']),
  },
  reverse: { type: 'boolean', describe: 'those that would be shown, in reverse order' },
  oneline: { type: 'boolean', describe: 'one line a run' },
  format: {
    type: 'string',
    argument: '<format>',
    describe: "a line a run (or row): '%(run:short) %(args:lr) %(metric:loss:last)'; docs/outputs.md",
  },
  json: { type: 'boolean', describe: 'print JSON (docs/json.md)' },
  jsonl: { type: 'boolean', describe: 'print a line of JSON for each run or row' },
  csv: { type: 'boolean', describe: 'with names: print CSV, numbers exact' },
  tsv: { type: 'boolean', describe: 'with names: print tab-separated values' },
  parquet: { type: 'boolean', describe: 'with names: write a Parquet file, for pandas, Polars, DuckDB' },
  output: { type: 'string', alias: 'o', argument: '<file>', describe: 'print into this file' },
  null: { type: 'boolean', alias: 'z', describe: 'end runs, rows and lines with NUL' },
} as const satisfies OptionTable

/** What users of `git log` type. */
const FOREIGN_OPTIONS = {
  all: 'git flor log    lists the runs of all branches, where no revision is given',
  grep: "git flor log --where 'lr > 0.01'    chooses runs; --author and --script do so, too",
  graph: 'git log --graph    draws commits; git flor log <revision-range> lists their runs',
  patch: 'git flor diff <run> <run>    shows what is between the code of two runs',
  pretty: "git flor log --format '%(run:short) %(args)'    is how a run's line is written",
  skip: 'git flor log --until <date> -n <n>    shows earlier runs',
} as const

/** The options of `git flor log`, predicates and sort keys each joined to one text. */
export type LogOptions = Omit<CommandOptions<typeof OPTIONS>, 'where' | 'sort'> & {
  readonly where: string | undefined
  readonly sort: string | undefined
}

/** `git flor log`: the list of runs, or with names the pivoted table of their values. */
export const log = defineCommand({
  name: 'log',
  usage: ['[<options>] [<revision-range>]', '[<options>] [<revision-range>] [--] <name>...'],
  description:
    'Without names: runs, newest first, with their arguments and the course of each metric. With names: one table of their values over all runs; rows are the finest loop iterations among the names, and coarser values (arguments, run attributes) are joined to them.',
  options: OPTIONS,
  examples: [
    ['log -n 3', 'the last three runs'],
    ['log lr loss val_acc', 'these values of all runs as one table'],
    ["log val_acc --where 'lr > 0.001' --sort -val_acc -n 10", 'the ten best of some'],
    ['log main..feature', 'runs of the code that only feature has'],
    ["log lr 'last(loss)' 'max(val_acc)' --sort '-max(val_acc)'", 'a row a run'],
    ["log 'mean(loss) by epoch' val_acc", 'a row an epoch'],
    ['log loss --csv > loss.csv', 'for R or a spreadsheet'],
    ['log loss --parquet -o loss.parquet', 'for pandas, Polars or DuckDB'],
  ],
  arity: { min: 0, max: Number.POSITIVE_INFINITY },
  foreignOptions: FOREIGN_OPTIONS,
  paged: true,
  async run(context, given) {
    const options: LogOptions = {
      ...given,
      where: await joinedPredicate(given.where),
      sort: joinedSort(given.sort),
    }
    const output = readOutput(context, options)
    try {
      // What is wrong with the command line is told before anything is opened.
      await checkLanguage(options)
      const repository = await context.repository()
      const asked = await argumentsOf(repository, options)
      if (output.form === 'format') {
        const { requireFields } = await import('../formats/require-fields.js')
        await requireFields(await repository.index(), output.template, columnFields(asked))
      }
      if (asked.uses.length > 0) {
        const { printPivot } = await import('./log-pivot.js')
        await printPivot(context, repository, options, asked, output)
      } else {
        const { printRuns } = await import('./log-list.js')
        await printRuns(context, repository, options, asked, output)
      }
    } catch (error) {
      throw placedIn(error, options.where)
    }
    return ExitCode.ok
  },
})

/** @throws FlorError PREDICATE_SYNTAX */
async function checkLanguage({ where, sort }: LogOptions): Promise<void> {
  if (where === undefined && sort === undefined) return
  const { parsePredicate, parseSort } = await import('../../query/predicate.js')
  if (where !== undefined) parsePredicate(where)
  if (sort === undefined) return
  try {
    parseSort(sort)
  } catch (error) {
    throw hinted(error, 'PREDICATE_SYNTAX', `git flor log ${SORT_HINT}`)
  }
}

/** Fields that a table has of its own. */
const columnFields = ({ uses }: LogArguments): string[] => uses.map(({ name }) => name)

async function argumentsOf(repository: FlorRepository, options: LogOptions): Promise<LogArguments> {
  if (options.arguments.length === 0) return { uses: [] }
  const { readLogArguments } = await import('./log-arguments.js')
  return readLogArguments(repository, await repository.index(), options.arguments, options.beforeDashes)
}

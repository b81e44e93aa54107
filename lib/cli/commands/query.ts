import type { Readable } from 'node:stream'
import type { RunEntry } from '../../db/run-entry.js'
import { chooseRuns } from '../../repository/choose-runs.js'
import { requireNamesOfRuns } from '../../repository/require-names.js'
import { usageError } from '../arguments/canonical.js'
import { eachOf, eachWritten } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { Progress } from '../progress.js'
import { sanitizeBlock } from '../render/sanitize.js'
import { asSqlFailure, SqlDatabase } from '../sql/database.js'
import { findDuckDb } from '../sql/find-duckdb.js'
import { loadRelations } from '../sql/load-relations.js'
import { printResult, type ResultFormat } from '../sql/print-result.js'
import { relationsIn } from '../sql/relations.js'
import { formatSchema, schemaToJson } from '../views/sql-schema.js'
import { joinedPredicate, runCriteria } from './run-criteria.js'

const OPTIONS = {
  schema: { type: 'boolean', describe: 'list the relations and their columns; needs no DuckDB' },
  json: { type: 'boolean', describe: 'print JSON (docs/json.md)' },
  jsonl: { type: 'boolean', describe: 'print one JSON object a row' },
  csv: { type: 'boolean', describe: 'print CSV' },
  tsv: {
    type: 'boolean',
    describe: 'print tab-separated values; tabs and line breaks in them are \\t and \\n',
  },
  since: {
    type: 'string',
    synonym: 'after',
    argument: '<date>',
    describe: 'load only runs that started at or after it',
  },
  until: {
    type: 'string',
    synonym: 'before',
    argument: '<date>',
    describe: 'load only runs that started before it',
  },
  script: {
    type: 'string',
    array: true,
    argument: '<path>',
    describe: 'load only runs of this script; may be repeated',
  },
  status: {
    type: 'string',
    argument: '<status>',
    describe: 'load only runs that are completed, failed or interrupted',
    array: true,
    coerce: eachOf('--status', ['completed', 'failed', 'interrupted']),
  },
  where: {
    type: 'string',
    array: true,
    argument: '<predicate>',
    describe: 'load only runs for which it holds, as in git flor log without names',
    coerce: eachWritten(
      '--where',
      'a predicate',
      "git flor query --where 'lr > 0.01' …    is how a predicate looks",
    ),
  },
  'allow-files': { type: 'boolean', describe: 'let the statement read and write files' },
} as const satisfies OptionTable

type QueryOptions = CommandOptions<typeof OPTIONS>

const FORMATS = ['json', 'jsonl', 'csv', 'tsv'] as const

/** `git flor query`: SQL over everything that was recorded, by DuckDB. */
export const query = defineCommand({
  name: 'query',
  usage: ['[<options>] "<sql>"', '[<options>] [-]', '--schema [--json]'],
  description:
    'Answers SQL over the relations runs, args, logs, loops, checkpoints and backfills, with DuckDB in memory (npm install @duckdb/node-api). Without a statement, or with -, it is read from stdin. Of several statements the last one is printed. Files cannot be read or written unless --allow-files says so, and nothing that was recorded can be changed.',
  options: OPTIONS,
  examples: [
    ['query --schema', 'what there is to ask for'],
    ['query "SELECT name, avg(value) FROM logs GROUP BY name"', 'the mean of everything logged'],
    ['query --csv - < report.sql > report.csv', 'a statement from a file'],
  ],
  arity: { min: 0, max: 1 },
  paged: true,
  async run(context, options) {
    const format = chosenFormat(options)
    if (options.schema === true) {
      if (format !== 'table' && format !== 'json') {
        throw usageError(
          { name: 'query' },
          `--schema is printed as text or --json, not as --${format}`,
          `--${format}`,
        )
      }
      if (format === 'json') await context.out.print(`${toJson(schemaToJson())}\n`)
      else await context.out.lines(formatSchema({ columns: context.columns, style: await context.style() }))
      return ExitCode.ok
    }
    const sql = await readStatement(context, options.arguments[0])
    if (sql.trim() === '') throw usageError({ name: 'query' }, 'there is no statement', sql)
    const repository = await context.repository()
    const packages = await findDuckDb(context.cwd, repository.location)
    const criteria = await runCriteria(options, context.cwd)
    const database = await SqlDatabase.open(packages, options.allowFiles === true)
    const progress = new Progress(context.io)
    try {
      const names = relationsIn(sql)
      const entries: RunEntry[] = []
      if (names.length > 0) {
        const where = await joinedPredicate(options.where)
        const chosen = { ...criteria, ...(where === undefined ? {} : { where }) }
        const index = await repository.index()
        await requireNamesOfRuns(index, chosen)
        for await (const entry of chooseRuns(repository, index, chosen)) entries.push(entry)
      }
      await loadRelations(database, repository, entries, names, (count) =>
        progress.show([`reading values: ${count} of ${entries.length} runs`]),
      )
      progress.clear()
      return await answer(context, database, sql, format)
    } finally {
      progress.clear()
      database.close()
    }
  },
})

/** Runs the statements, and prints what the last one answers. */
async function answer(
  context: CommandContext,
  database: SqlDatabase,
  sql: string,
  format: ResultFormat,
): Promise<number> {
  const statements = await asSqlFailure(() => database.connection.extractStatements(sql))
  const style = await context.style()
  for (let i = 0; i < statements.count; i++) {
    const isLast = i === statements.count - 1
    await asSqlFailure(async () => {
      const prepared = await statements.prepare(i)
      if (!isLast) return void (await prepared.run())
      const result = await prepared.stream()
      if (result.returnType !== database.duckdb.ResultReturnType.QUERY_RESULT) return
      const { out, columns } = context
      const clean = context.isShown(out) ? sanitizeBlock : (record: string): string => record
      await printResult(result, database.duckdb, format, { out, columns, style, clean })
    })
  }
  return ExitCode.ok
}

/** @throws FlorError USAGE for two formats at once */
function chosenFormat(options: QueryOptions): ResultFormat {
  const asked = FORMATS.filter((format) => options[format] === true)
  if (asked.length > 1) {
    throw usageError({ name: 'query' }, `--${asked[0]} and --${asked[1]} exclude each other`, `--${asked[1]}`)
  }
  return asked[0] ?? 'table'
}

async function readStatement(context: CommandContext, argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument
  if (argument === undefined && context.io.isTerminal.stdin) {
    throw usageError({ name: 'query' }, 'a statement is missing; - reads one from the terminal', '')
  }
  return readAll(context.io.stdin)
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

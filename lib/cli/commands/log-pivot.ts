import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import { type PivotRequest, streamPivot } from '../../query/pivot.js'
import type { PivotRow, PivotStream } from '../../query/pivot-table.js'
import { KindWatch, parsePredicate, parseSort, usesIn } from '../../query/predicate.js'
import { chooseRuns, type RunChoice } from '../../repository/choose-runs.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { loadColumns } from '../../repository/load-columns.js'
import { requireNames } from '../../repository/require-names.js'
import { selectNamedRuns } from '../../repository/select-runs.js'
import { usageError } from '../arguments/canonical.js'
import type { CommandContext } from '../context.js'
import type { Output } from '../output.js'
import { sanitizeBlock, sanitizeLine } from '../render/sanitize.js'
import {
  formatRows,
  pivotToFields,
  pivotToJson,
  pivotToJsonLines,
  pivotToParquet,
} from '../views/pivot-data.js'
import { formatPivot } from '../views/pivot-text.js'
import type { LogOptions } from './log.js'
import type { LogArguments } from './log-arguments.js'
import type { LogOutput } from './log-output.js'
import { runCriteria } from './run-criteria.js'

/**
 * Prints the values of names over all runs as one table.
 * @throws BrokenPipe, FlorError NO_RUNS, NAME_NOT_FOUND, PREDICATE_SYNTAX, PREDICATE_TYPE, USAGE
 */
export async function printPivot(
  context: CommandContext,
  repository: FlorRepository,
  options: LogOptions,
  { uses, range }: LogArguments,
  output: LogOutput,
): Promise<void> {
  if (output.form === 'oneline') {
    throw usageError({ name: 'log' }, '--oneline lists runs, and names make a table', '--oneline')
  }
  const where = options.where === undefined ? undefined : parsePredicate(options.where)
  const sort = options.sort === undefined ? undefined : parseSort(options.sort)
  const kinds = new KindWatch()
  const choice: RunChoice = {
    ...(await runCriteria(options, context.cwd)),
    ...(range === undefined ? {} : { range }),
  }
  // A limit counts first, as with `git log`: what is reversed are the rows that would be shown.
  const isReversed = options.reverse === true
  const isLimited = options.maxCount !== undefined || sort !== undefined
  const index = await repository.index()
  const known = await requireNames(index, [...uses, ...(where ? usesIn(where) : []), ...(sort ?? [])], where)
  const warnings = new Set<string>()
  const pivotOf = (entries: () => PivotRequest['entries']): Promise<PivotStream> =>
    streamPivot({
      uses,
      entries,
      load: (entry, name) => loadColumns(repository, entry, name),
      kinds,
      known,
      warn: (sentence) => warnings.add(sentence),
      ...(where === undefined ? {} : { where }),
      ...(sort === undefined ? {} : { sort }),
      ...(options.maxCount === undefined ? {} : { limit: options.maxCount }),
    })
  const { author, range: _, where: __, ...criteria } = choice
  const isPlain = author === undefined && range === undefined && !isReversed
  const named = where !== undefined && isPlain ? await selectNamedRuns(index, criteria, where) : undefined
  const table = await pivotOf(
    () => named ?? chooseRuns(repository, index, { ...choice, isReversed: isReversed && !isLimited }),
  )
  const shown = isReversed && isLimited ? reversed(table, sort !== undefined) : table
  if (output.form === 'text' && output.end === '\n') await printText(context, index, shown, output)
  else await output.print(context, (out) => printData(context, out, shown, output))
  for (const notice of [...warnings, ...kinds.notices()]) context.note(`warning: ${notice}`)
}

async function printText(
  context: CommandContext,
  index: RunIndex,
  { columns, batches }: PivotStream,
  output: LogOutput,
): Promise<void> {
  const rows: PivotRow[] = []
  for await (const batch of batches) for (const row of batch) rows.push(row)
  if (rows.length === 0) {
    if ((await index.count()) === 0) {
      throw new FlorError('no runs have been recorded here', { code: 'NO_RUNS', data: { path: context.cwd } })
    }
    context.note('no row fits')
    return
  }
  const style = await context.style()
  const lines = formatPivot({ columns, rows }, { columns: context.columns, style })
  await output.print(context, async (out) => out.lines(lines))
}

async function printData(
  context: CommandContext,
  out: Output,
  table: PivotStream,
  { form, end, template }: LogOutput,
): Promise<void> {
  if (form === 'parquet') return out.bytes(await pivotToParquet(table))
  const isShown = context.isShown(out)
  const clean = isShown ? sanitizeBlock : (text: string): string => text
  for await (const piece of pieces()) await out.print(piece)

  async function* pieces(): AsyncGenerator<string | Uint8Array> {
    switch (form) {
      case 'json':
        return yield* pivotToJson(table)
      case 'jsonl':
        return yield* pivotToJsonLines(table, end)
      case 'format': {
        const ofField = isShown ? sanitizeLine : clean
        return yield* formatRows(table, { template, end, nowMs: context.io.now(), clean: ofField })
      }
      default: {
        const separator = form === 'csv' ? ',' : '\t'
        for await (const piece of pivotToFields(table, { separator, end })) {
          if (typeof piece === 'string') yield clean(piece)
          else yield isShown ? clean(Buffer.from(piece).toString()) : piece
        }
      }
    }
  }
}

/** The other way round: sorted rows one by one, others run by run, each run's rows in their order. */
function reversed({ columns, batches }: PivotStream, isSorted: boolean): PivotStream {
  const turned = async function* (): AsyncGenerator<readonly PivotRow[]> {
    const groups: PivotRow[][] = []
    for await (const batch of batches) {
      for (const row of batch) {
        const last = groups.at(-1)
        if (!isSorted && last?.[0]?.entry.run === row.entry.run) last.push(row)
        else groups.push([row])
      }
    }
    yield* groups.reverse()
  }
  return { columns, batches: turned() }
}

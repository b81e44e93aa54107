import { FlorError, isFlorError } from '../../model/errors.js'
import { type PivotRequest, pivot } from '../../query/pivot.js'
import type { PivotTable } from '../../query/pivot-table.js'
import { parsePredicate, parseSort } from '../../query/predicate.js'
import { loadColumns } from '../../repository/load-columns.js'
import { selectNamedRuns, selectRuns } from '../../repository/select-runs.js'
import { usageError } from '../arguments/canonical.js'
import type { CommandContext } from '../context.js'
import { pivotToCsv, pivotToJson } from '../views/pivot-data.js'
import { formatPivot } from '../views/pivot-text.js'
import type { LogOptions } from './log.js'
import { runCriteria } from './run-criteria.js'

/**
 * Prints the values of names over all runs as one table.
 * @throws BrokenPipe, FlorError NO_RUNS, NAME_NOT_FOUND, PREDICATE_SYNTAX, PREDICATE_TYPE, USAGE
 */
export async function printPivot(context: CommandContext, options: LogOptions): Promise<void> {
  if (options.json === true && options.csv === true) {
    throw usageError({ name: 'log' }, '--json and --csv exclude each other', '--csv')
  }
  // What is wrong with the command line is told before anything is opened.
  const where = options.where === undefined ? undefined : parsePredicate(options.where)
  const sort = options.sort === undefined ? undefined : parseSort(options.sort)
  const repository = await context.repository()
  const criteria = await runCriteria(options, context.cwd)
  const index = await repository.index()
  const pivotOf = (entries: PivotRequest['entries']): Promise<PivotTable> =>
    pivot({
      names: options.arguments,
      entries,
      load: (entry, name) => loadColumns(repository, entry, name),
      ...(where === undefined ? {} : { where }),
      ...(sort === undefined ? {} : { sort }),
      ...(options.maxCount === undefined ? {} : { limit: options.maxCount }),
    })
  const named = where === undefined ? undefined : await selectNamedRuns(index, criteria, where)
  const table =
    (named && (await ofNamedRuns(() => pivotOf(named)))) ?? (await pivotOf(selectRuns(index, criteria)))
  if (options.json === true || options.csv === true) {
    for (const piece of options.json === true ? pivotToJson(table) : pivotToCsv(table)) {
      await context.out.print(piece)
    }
    return
  }
  if (table.rows.length === 0) {
    if ((await index.count()) === 0) {
      throw new FlorError('no runs have been recorded here', { code: 'NO_RUNS', data: { path: context.cwd } })
    }
    context.note('no row fits')
    return
  }
  await context.out.lines(formatPivot(table, { columns: context.columns, style: await context.style() }))
}

/** The table of runs that are found by their keys; undefined where these alone do not tell what a name stands for. */
async function ofNamedRuns(make: () => Promise<PivotTable>): Promise<PivotTable | undefined> {
  try {
    return await make()
  } catch (error) {
    if (isFlorError(error, 'NAME_NOT_FOUND')) return undefined
    throw error
  }
}

import type { RunEntry } from '../../db/run-entry.js'
import { FlorError } from '../../model/errors.js'
import type { RunChoice } from '../../repository/choose-runs.js'
import { chooseRuns } from '../../repository/choose-runs.js'
import { nameRecentCommits } from '../../repository/commit-names.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { usageError } from '../arguments/canonical.js'
import type { CommandContext } from '../context.js'
import type { Output } from '../output.js'
import { sanitizeLine } from '../render/sanitize.js'
import { PLAIN } from '../render/style.js'
import { explainMarks, formatOneline, formatRunList, type ListLayout } from '../views/run-list.js'
import type { LogOptions } from './log.js'
import type { LogArguments } from './log-arguments.js'
import type { LogOutput } from './log-output.js'
import { runCriteria } from './run-criteria.js'

/** Runs laid out together: their columns line up, and the first ones are on the screen before the last are read. */
const PAGE = 50

/**
 * Prints the list of runs.
 * @throws BrokenPipe, FlorError NO_RUNS when nothing was ever recorded here, NAME_NOT_FOUND, USAGE
 */
export async function printRuns(
  context: CommandContext,
  repository: FlorRepository,
  options: LogOptions,
  { range }: LogArguments,
  output: LogOutput,
): Promise<void> {
  const { form } = output
  if (form === 'csv' || form === 'tsv' || form === 'parquet') {
    const message = `--${form} needs names: git flor log run status lr 'last(loss)' --${form}`
    throw usageError({ name: 'log' }, message, `--${form}`)
  }
  const { where, sort, maxCount } = options
  const choice: RunChoice = {
    ...(await runCriteria(options, context.cwd)),
    ...(where === undefined ? {} : { where }),
    ...(sort === undefined ? {} : { sort }),
    ...(maxCount === undefined ? {} : { limit: maxCount }),
    ...(range === undefined ? {} : { range }),
    ...(options.reverse === true ? { isReversed: true } : {}),
  }
  const isText = form === 'text' || form === 'oneline'
  const [index, style, names] = await Promise.all([
    repository.index(),
    isText ? context.style() : PLAIN,
    form === 'text' ? nameRecentCommits(repository) : new Map<string, string>(),
  ])
  if (where !== undefined || sort !== undefined) {
    const { requireNamesOfRuns } = await import('../../repository/require-names.js')
    await requireNamesOfRuns(index, choice)
  }
  const runs = chooseRuns(repository, index, choice)
  const layout = { columns: context.columns, nowMs: context.io.now(), style, names }
  let count = 0
  await output.print(context, async (out) => {
    if (isText) count = await printPages(out, runs, output, layout)
    else {
      const { printRunData } = await import('./log-run-data.js')
      count = await printRunData(context, repository, out, runs, output)
    }
  })
  if (count > 0 || options.maxCount === 0) return
  if ((await index.count()) === 0) {
    if (!isText) return
    throw new FlorError('no runs have been recorded here', { code: 'NO_RUNS', data: { path: context.cwd } })
  }
  context.note('no run fits')
}

async function printPages(
  out: Output,
  runs: AsyncIterable<RunEntry>,
  { form, end }: LogOutput,
  layout: ListLayout,
): Promise<number> {
  const isOneline = form === 'oneline'
  const marks = new Set<string>()
  let count = 0
  let page: RunEntry[] = []
  const printPage = async (): Promise<void> => {
    const texts = isOneline ? formatOneline(page, layout) : formatRunList(page, layout)
    for (const text of texts) await out.print(`${text}${end}`)
    for (const line of explainMarks(page)) marks.add(line)
    count += page.length
    page = []
  }
  for await (const entry of runs) {
    page.push(entry)
    if (page.length === PAGE) await printPage()
  }
  await printPage()
  if (form === 'text' && end === '\n') {
    await out.lines([...marks].map((line) => layout.style.faint(sanitizeLine(line))))
  }
  return count
}

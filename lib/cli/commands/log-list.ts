import type { RunEntry } from '../../db/run-entry.js'
import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import { ATTRIBUTE_NAMES } from '../../query/run-attributes.js'
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
  await refuseUnknownNames(index, options)
  const runs = chooseRuns(repository, index, choice)
  const layout = { columns: context.columns, nowMs: context.io.now(), style, names }
  let count = 0
  await output.print(context, async (out) => {
    if (isText) count = await printPages(out, runs, output, layout)
    else {
      const { printRunData } = await import('./log-run-data.js')
      count = await printRunData(context, out, runs, output)
    }
  })
  if (count > 0 || options.maxCount === 0) return
  if ((await index.count()) === 0) {
    if (!isText) return
    throw new FlorError('no runs have been recorded here', { code: 'NO_RUNS', data: { path: context.cwd } })
  }
  context.note('no run fits')
}

/** A name that no run knows is a slip, and `or` or `is null` would hide it. @throws FlorError NAME_NOT_FOUND */
async function refuseUnknownNames(index: RunIndex, { where, sort }: LogOptions): Promise<void> {
  if (where === undefined && sort === undefined) return
  const [{ namesIn, parsePredicate, parseSort }, { nameNotFound }] = await Promise.all([
    import('../../query/predicate.js'),
    import('../../query/unknown-name.js'),
  ])
  const used = [
    ...(where === undefined ? [] : namesIn(parsePredicate(where))),
    ...(sort === undefined ? [] : parseSort(sort).map((key) => key.name)),
  ].filter((name) => !ATTRIBUTE_NAMES.includes(name))
  if (used.length === 0) return
  const known = (await index.names()).map(({ name }) => name)
  // Without any run there is nothing to compare with.
  if (known.length === 0) return
  for (const name of used) {
    if (!known.includes(name)) {
      throw nameNotFound(
        name,
        [...known, ...ATTRIBUTE_NAMES],
        where === undefined ? where : parsePredicate(where),
      )
    }
  }
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

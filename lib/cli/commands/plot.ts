import type { RunEntry } from '../../db/run-entry.js'
import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import { isOidBeginning } from '../../model/oid.js'
import type { LoopTiming } from '../../model/run.js'
import { KindWatch, parseColumn, parsePredicate, usesIn } from '../../query/predicate.js'
import { RowReach } from '../../query/row-reach.js'
import { ATTRIBUTE_NAMES } from '../../query/run-attributes.js'
import { type RunSeries, seriesOfRun } from '../../query/run-series.js'
import type { LoadColumns } from '../../query/run-values.js'
import { nameNotFound } from '../../query/unknown-name.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { loadColumns } from '../../repository/load-columns.js'
import { requireNames } from '../../repository/require-names.js'
import { selectRuns } from '../../repository/select-runs.js'
import { atMost, eachOf, eachWritten, oneOf, wholeNumber } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { buildChart } from '../plot/build-chart.js'
import { charsetOf } from '../plot/charset.js'
import { extentOf } from '../plot/chart.js'
import { drawChart } from '../plot/terminal-chart.js'
import { counted } from '../render/number.js'
import { joinedPredicate, runCriteria } from './run-criteria.js'

const OPTIONS = {
  by: {
    type: 'string',
    argument: '<name>',
    describe:
      'colour by an argument or attribute of runs; of a loop around the values (folds), draw each iteration',
  },
  x: {
    type: 'string',
    argument: '<axis>',
    describe: 'a loop (epoch, step), or time, in seconds since the run began; default the innermost loop',
  },
  where: {
    type: 'string',
    array: true,
    argument: '<predicate>',
    describe: 'only values for which it holds, as in git flor log',
    coerce: eachWritten(
      '--where',
      'a predicate',
      "git flor plot loss --where 'lr > 0.01 and epoch >= 5'    is how a predicate looks",
    ),
  },
  'max-count': {
    type: 'string',
    alias: 'n',
    argument: '<n>',
    describe: 'the newest <n> runs that have such values; default 10, or all (-1) with --by',
    coerce: atMost('-n', Number.POSITIVE_INFINITY, 1),
  },
  since: {
    type: 'string',
    synonym: 'after',
    argument: '<date>',
    describe: 'only runs that started at or after it',
  },
  until: {
    type: 'string',
    synonym: 'before',
    argument: '<date>',
    describe: 'only runs that started before it',
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
  log: { type: 'boolean', describe: 'a logarithmic scale for the values' },
  output: {
    type: 'string',
    alias: 'o',
    argument: '<file>',
    describe: 'write an .svg or .html file, which replaces what is there',
  },
  height: {
    type: 'string',
    argument: '<lines>',
    describe: 'lines to draw on; default what the terminal has',
    coerce: wholeNumber('--height', 5),
  },
  charset: {
    type: 'string',
    argument: '<set>',
    describe: 'braille, block or ascii; default what the locale can show',
    coerce: oneOf('--charset', ['braille', 'block', 'ascii']),
  },
} as const satisfies OptionTable

type PlotOptions = CommandOptions<typeof OPTIONS>

/** Runs drawn where the user does not say how many: more lines than these cannot be told apart. */
const FEW_RUNS = 10
/** The highest drawing that is made without being asked for. */
const HIGHEST = 24

/** `git flor plot`: values as curves over the runs, in the terminal or into a file. */
export const plot = defineCommand({
  name: 'plot',
  usage: ['[<options>] <name>...'],
  description:
    'Draws the values of names, one chart a name, one line a run: in the terminal, or as a file that needs nothing else. Values are drawn over the iterations of their innermost loop, counted on where it lies in others; those that no loop is around over the runs. A gap is NaN, arrows at the edge are infinities.',
  options: OPTIONS,
  examples: [
    ['plot loss', 'the last ten runs'],
    ['plot loss val_acc --x epoch --by lr', 'two charts over one axis, a colour for each learning rate'],
    ['plot loss -n 1 --log --output loss.svg', 'the newest run, as a drawing'],
    [
      "plot loss --where 'lr < 0.1 and epoch >= 5' -o loss.html",
      'a page that shows values under the pointer',
    ],
  ],
  arity: { min: 1, max: Number.POSITIVE_INFINITY },
  paged: true,
  async run(context, options) {
    const write = options.output === undefined ? undefined : await chooseWriter(context, options.output)
    const repository = await context.repository()
    const names = [...new Set(options.arguments)]
    const series = await collectSeries(context, repository, names, options)
    if (series.length === 0) return ExitCode.ok
    const index = await repository.index()
    await checkAxes(index, series, options)
    const timelines = new Map<RunEntry, readonly LoopTiming[]>()
    for (const { entry } of series) {
      if (!timelines.has(entry)) timelines.set(entry, (await index.recordSegment(entry.run))?.timeline ?? [])
    }
    const { chart, leftOut } = buildChart({
      names,
      series,
      timelineOf: (entry) => timelines.get(entry) ?? [],
      ...(options.x === undefined ? {} : { x: options.x }),
      ...(options.by === undefined ? {} : { by: options.by }),
      isLog: options.log === true,
    })
    for (const sentence of leftOut) context.note(`warning: ${sentence}`)
    for (const { title, lines } of chart.panels) {
      const { unshown } = extentOf(
        lines.map((line) => line.y),
        chart.isLog,
      )
      if (unshown > 0) {
        context.note(
          `warning: ${counted(unshown, 'value')} of ${title} cannot be shown on a logarithmic scale: 0 or less`,
        )
      }
    }
    if (chart.panels.length === 0) return ExitCode.failed
    if (write !== undefined) {
      await write(chart)
      return ExitCode.ok
    }
    const rows = options.height ?? Math.min(HIGHEST * chart.panels.length, context.rows - 2)
    const charset = options.charset ?? charsetOf(context.io.env)
    await context.out.lines(
      drawChart(chart, { columns: context.columns, rows, charset, style: await context.style() }),
    )
    return ExitCode.ok
  },
})

async function chooseWriter(context: CommandContext, output: string) {
  const { chartWriter } = await import('../plot/write-chart.js')
  return chartWriter(output, context.cwd)
}

/** Everything to be drawn, runs oldest first. Says why where that is nothing. @throws FlorError NO_RUNS, NAME_NOT_FOUND */
async function collectSeries(
  context: CommandContext,
  repository: FlorRepository,
  names: readonly string[],
  options: PlotOptions,
): Promise<RunSeries[]> {
  const text = await joinedPredicate(options.where)
  const where = text === undefined ? undefined : parsePredicate(text)
  const kinds = new KindWatch()
  const index = await repository.index()
  for (const name of names) await requireLogged(index, context.cwd, name)
  const uses = where === undefined ? [] : usesIn(where)
  const known = await requireNames(index, uses, where)
  const reach = new RowReach(uses, [])
  const request = { ...(where && { where }), kinds, reach }
  const load: LoadColumns = (entry, name) => loadColumns(repository, entry, name)
  const limit = options.maxCount ?? (options.by === undefined ? FEW_RUNS : Number.POSITIVE_INFINITY)
  const runs: RunSeries[][] = []
  let isCut = false
  for await (const entry of selectRuns(index, await runCriteria(options, context.cwd))) {
    known.add(entry)
    const series: RunSeries[] = []
    for (const name of names) series.push(...(await seriesOfRun(entry, name, load, request)))
    if (series.length === 0) continue
    if (runs.length >= limit) {
      isCut = true
      break
    }
    runs.push(series)
  }
  for (const problem of [...known.problems(uses, where), ...reach.problems(known)]) {
    // Runs that were not read may have what these have not.
    if (!isCut) throw problem
    context.note(`warning: ${problem.message}`)
  }
  if (!isCut) kinds.settle()
  for (const notice of [...reach.notices(), ...kinds.notices()]) context.note(`warning: ${notice}`)
  const logged = new Set(runs.flat().map(({ name }) => name))
  for (const name of names) if (!logged.has(name)) context.note(`no value of ${name} fits`)
  if (isCut && options.maxCount === undefined) {
    context.note(`the newest ${FEW_RUNS} runs; -n <n> draws more`)
  }
  return runs.reverse().flat()
}

/** @throws FlorError NO_RUNS, NAME_NOT_FOUND for a name that no run logged */
async function requireLogged(index: RunIndex, path: string, name: string): Promise<void> {
  if ((await index.runsWith('value', name)) > 0) return
  const known = await index.names()
  if (known.length === 0 && (await index.count()) === 0) {
    throw new FlorError('no runs have been recorded here', { code: 'NO_RUNS', data: { path } })
  }
  if (isOidBeginning(name) && (await index.findByPrefix(name, 1)).length > 0) throw runsHaveNoCurve(name)
  const { aggregate, name: of } = parseColumn(name)
  if (aggregate !== undefined) throw aggregateHasNoCurve(name, of)
  const { message, code, data } = nameNotFound(
    name,
    known.filter(({ kind }) => kind === 'value').map((it) => it.name),
  )
  const [nearest] = data.candidates as readonly string[]
  const hint = nearest === undefined ? {} : { hint: `did you mean ${nearest}?    git flor plot ${nearest}` }
  throw new FlorError(message, { code, data: { ...data, ...hint } })
}

/** A run in the place of a name: USAGE. */
function runsHaveNoCurve(run: string): FlorError {
  const hint = `git flor plot <name> --where "run = '${run}'"    draws a name of it; git flor show ${run} lists its names`
  return new FlorError(`'${run}' is a run, and what is drawn are names of values`, {
    code: 'USAGE',
    data: { value: run, command: 'plot', hint },
  })
}

/** An aggregate in the place of a name: USAGE. */
function aggregateHasNoCurve(text: string, name: string): FlorError {
  const hint = `git flor plot ${name}    draws all its values; git flor log '${text}'    shows this one of each run`
  return new FlorError(`'${text}' is an aggregate, and what is drawn are names of values`, {
    code: 'USAGE',
    data: { value: text, command: 'plot', hint },
  })
}

/** @throws FlorError NAME_NOT_FOUND for an axis or a group that none of the runs knows */
async function checkAxes(
  index: RunIndex,
  series: readonly RunSeries[],
  { x, by }: PlotOptions,
): Promise<void> {
  const entries = [...new Set(series.map(({ entry }) => entry))]
  const loops = [...new Set(entries.flatMap(({ metrics }) => metrics.flatMap((metric) => metric.loops)))]
  const axes = [...new Set([...loops, 'step', 'time'])]
  if (x !== undefined && !axes.includes(x)) throw notAnAxis(x, axes)
  if (by === undefined) return
  const groups = [...entries.flatMap(({ args }) => args.map((arg) => arg.name)), ...loops, ...ATTRIBUTE_NAMES]
  if (groups.includes(by)) return
  const known = await index.names()
  const args = known.filter(({ kind }) => kind === 'argument').map(({ name }) => name)
  throw unknownGroup(by, [...new Set([...groups, ...args])])
}

function notAnAxis(name: string, axes: readonly string[]): FlorError {
  const { data } = nameNotFound(name, axes)
  const hint = `--x takes ${axes.slice(0, 12).join(', ')}; --by takes an argument: git flor plot <name> --by ${name}`
  return new FlorError(
    `'${name}' is no loop around these values: values are drawn over a loop, or over time`,
    {
      code: 'NAME_NOT_FOUND',
      data: { ...data, hint },
    },
  )
}

function unknownGroup(name: string, known: readonly string[]): FlorError {
  const { data } = nameNotFound(name, known)
  return new FlorError(`none of these runs has a loop, argument or attribute called '${name}'`, {
    code: 'NAME_NOT_FOUND',
    data: { ...data, hint: `there are: ${known.slice(0, 12).join(', ')}` },
  })
}

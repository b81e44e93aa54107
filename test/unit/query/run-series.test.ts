import t from 'tap'
import { pivot } from '../../../lib/query/pivot.js'
import { parsePredicate } from '../../../lib/query/predicate.js'
import { seriesOfRun, splitByLoop } from '../../../lib/query/run-series.js'
import { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { loadColumns } from '../../../lib/repository/load-columns.js'
import { repository } from '../../support/repository.js'
import { recordBackfill, recordRun } from '../cli/record-run.js'

t.test('a series has the values that git flor log shows, whatever the predicate', async (t) => {
  const repo = repository(t).commit('one')
  const run = await recordRun(repo.path, {
    args: { lr: 0.1 },
    epochs: {
      loss: [4, 2, 1, 0.5],
      acc: [0.1, 0.2, 0.9, 0.8],
      note: ['a', 'b', 'c', 'd'],
      done: [false, true],
    },
  })
  const fidelity = { status: 'identical', compared: 1, equal: 1 } as const
  const patched = repo.git('rev-parse', 'HEAD') as never
  await recordBackfill(repo.path, run, { norm: [1, 2] }, { patched, fidelity })
  await recordBackfill(
    repo.path,
    run,
    { norm: [7, 8, 9] },
    { patched, fidelity: { ...fidelity, status: 'diverged' } },
  )
  const flor = FlorRepository.open(repo.path)
  t.teardown(() => flor.close())
  const entry = await (await flor.index()).entry(run)
  if (entry === undefined) throw new Error('the run is not listed')
  const load = (one: typeof entry, name: string) => loadColumns(flor, one, name)
  const predicates = [
    'epoch >= 2',
    'loss < 3 and acc > 0.15',
    'lr = 0.1',
    'lr > 1',
    'max(acc) > 0.5 and epoch != 1',
    'last(loss) > 3',
    "note = 'b' or acc = 0.8",
    'norm >= 2',
    'p50(loss) < 2',
    'max(loss) by epoch > 1',
    'mean(loss) by epoch = loss and epoch < 3',
  ]
  for (const name of ['loss', 'acc', 'norm', 'done']) {
    for (const text of [undefined, ...predicates]) {
      const where = text === undefined ? {} : { where: parsePredicate(text) }
      const table = await pivot({ names: [name], entries: [entry], load, ...where })
      const at = table.columns.findIndex((column) => column.name === name)
      const shown = table.rows.map((row) => Number(row.cells[at]?.value))
      const [series] = await seriesOfRun(entry, name, load, where)
      t.strictSame([...(series?.values ?? [])], shown, `${name} where ${text}`)
      t.equal(series?.table.count ?? 0, shown.length)
    }
  }
  const [note] = await seriesOfRun(entry, 'note', load)
  t.equal(note?.isNumeric, false)
  t.strictSame(await seriesOfRun(entry, 'nothing', load), [])

  const [loss] = await seriesOfRun(entry, 'loss', load)
  const parts = splitByLoop(loss as NonNullable<typeof loss>, 'epoch')
  t.strictSame(
    parts?.map(({ iteration, series }) => [iteration, ...series.values]),
    [
      [0, 4],
      [1, 2],
      [2, 1],
      [3, 0.5],
    ],
  )
  t.equal(splitByLoop(loss as NonNullable<typeof loss>, 'fold'), undefined)
})

t.test('iterations that are called alike, and those of a second pass, are curves of their own', async (t) => {
  const table = {
    loops: ['fold', 'epoch'],
    count: 5,
    indices: [Int32Array.of(0, 0, 1, 2, 0), Int32Array.of(0, 1, 0, 0, 0)],
    passes: [Int32Array.of(0, 0, 0, 0, 1), undefined],
    labels: [['x', 'x', 'y', 'x', 'x'], undefined],
  }
  const series = {
    entry: {} as never,
    name: 'a',
    table,
    values: Float64Array.of(1, 2, 3, 4, 5),
    isNumeric: true,
  }
  const parts = splitByLoop(series, 'fold')
  t.strictSame(
    parts?.map((part) => [part.iteration, ...part.series.values]),
    [
      ['x', 1, 2],
      ['y', 3],
      ['x', 4],
      ['x', 5],
    ],
  )
})

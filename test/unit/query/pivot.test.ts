import { test } from 'tap'
import { pivot } from '../../../lib/query/pivot.js'
import { type Logged, SampleRuns } from './sample-runs.js'

/** Two epochs of two steps: a loss each step, an accuracy each epoch. */
const training: readonly Logged[] = [
  ['epoch=0/step=0', 'loss', 4],
  ['epoch=0/step=1', 'loss', 3],
  ['epoch=0', 'acc', 0.5],
  ['epoch=1/step=0', 'loss', 2],
  ['epoch=1/step=1', 'loss', 1],
  ['epoch=1', 'acc', 0.9],
  ['', 'test', 0.8],
]

test('rows are the finest contexts, and coarser values are joined to them', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 0.1 }).run('2', training.slice(0, 3), { lr: 0.2 })
  t.same(await runs.lines('lr loss acc test'), [
    'run epoch step lr loss acc test',
    '1 0 0 0.1 4 0.5 0.8',
    '1 0 1 0.1 3 0.5 0.8',
    '1 1 0 0.1 2 0.9 0.8',
    '1 1 1 0.1 1 0.9 0.8',
    '2 0 0 0.2 4 0.5 -',
    '2 0 1 0.2 3 0.5 -',
  ])
  t.same(await runs.lines('acc test'), ['run epoch acc test', '1 0 0.5 0.8', '1 1 0.9 0.8', '2 0 0.5 -'])
  t.same(await runs.lines('test lr'), ['run test lr', '1 0.8 0.1', '2 - 0.2'])
})

test('columns say what they hold', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 0.1 })
  const { columns } = await pivot({
    names: ['lr', 'acc', 'status', 'epoch', 'acc', 'run'],
    entries: runs.entries,
    load: runs.load,
  })
  t.same(columns, [
    { name: 'run', kind: 'run' },
    { name: 'epoch', kind: 'loop' },
    { name: 'lr', kind: 'argument' },
    { name: 'acc', kind: 'value' },
    { name: 'status', kind: 'attribute' },
  ])
})

test('a coarser value without a finer row has a row of its own', async (t) => {
  const runs = new SampleRuns().run('1', [...training, ['epoch=2', 'acc', 0.95]])
  t.same(await runs.lines('loss acc', { where: 'epoch >= 1' }), [
    'run epoch step loss acc',
    '1 1 0 2 0.9',
    '1 1 1 1 0.9',
    '1 2 - - 0.95',
  ])
})

test('loops that do not fit together each have their rows, joined on what they share', async (t) => {
  const runs = new SampleRuns().run('1', [
    ['epoch=0/train=0', 'loss', 1],
    ['epoch=0/train=1', 'loss', 2],
    ['epoch=0/eval=0', 'score', 3],
    ['epoch=0', 'acc', 9],
    ['epoch=1/train=0', 'loss', 4],
  ])
  t.same(await runs.lines('loss score acc'), [
    'run epoch eval train loss score acc',
    '1 0 - 0 1 - 9',
    '1 0 - 1 2 - 9',
    '1 0 0 - - 3 9',
    '1 1 - 0 4 - -',
  ])
})

test('several values in one context are all there, counted', async (t) => {
  const runs = new SampleRuns().run('1', [
    ['', 'loss', 1],
    ['', 'loss', 2],
    ['', 'acc', 5],
    ['', 'loss', 3],
  ])
  t.same(await runs.lines('loss acc'), ['run # loss acc', '1 0 1 5', '1 1 2 5', '1 2 3 5'])
  const twice = new SampleRuns().run('1', [
    ['epoch=0', 'loss', 1],
    ['', 'x', 7],
    ['', 'x', 8],
  ])
  t.same(
    await twice.lines('loss x'),
    ['run epoch # loss x', '1 0 - 1 8', '1 - 0 - 7'],
    'the last one is joined, the others stand alone',
  )
})

test('labels stand in place of indices, and passes beside them', async (t) => {
  const runs = new SampleRuns().run('1', [
    ['fold=0:a/epoch=0', 'x', 1],
    ['fold=0:a/epoch#1=0', 'x', 2],
  ])
  t.same(await runs.lines('x'), ['run fold epoch# epoch x', '1 a 0 0 1', '1 a 1 0 2'])
  t.same(await runs.lines('x', { where: "fold = 'a' and epoch = 0 and x > 1" }), [
    'run fold epoch# epoch x',
    '1 a 1 0 2',
  ])
})

test('recorded values stand before backfilled ones, faithful replays before others, new ones before old', async (t) => {
  const runs = new SampleRuns()
    .run('1', [['epoch=0', 'x', 1]])
    .backfill('1', 'b1', 'diverged', 30, [
      ['epoch=0', 'x', 2],
      ['epoch=1', 'x', 3],
      ['epoch=2', 'x', 4],
      ['epoch=3', 'x', 5],
    ])
    .backfill('1', 'b2', 'identical', 10, [
      ['epoch=1', 'x', 6],
      ['epoch=2', 'x', 7],
    ])
    .backfill('1', 'b3', 'identical', 20, [['epoch=2', 'x', 8]])
  t.same(await runs.lines('x'), ['run epoch x', '1 0 1', '1 1 6*', '1 2 8*', '1 3 5!'])
})

test('rows are filtered by values, loops, arguments, attributes and aggregates', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 0.1 }).run('2', training.slice(0, 3), { lr: 0.2 })
  const filtered = async (where: string): Promise<string[]> => (await runs.lines('acc', { where })).slice(1)
  t.same(await filtered('acc > 0.6'), ['1 1 0.9'])
  t.same(await filtered('epoch = 0'), ['1 0 0.5', '2 0 0.5'])
  t.same(await filtered('lr > 0.1'), ['2 0 0.5'])
  t.same(await filtered('test > 0.5 and epoch = 1'), ['1 1 0.9'])
  t.same(await filtered('max(acc) > 0.6'), ['1 0 0.5', '1 1 0.9'])
  t.same(await filtered('min(loss) = 3 or p50(loss) = 2.5'), ['1 0 0.5', '1 1 0.9', '2 0 0.5'])
  t.same(await filtered('loss <= 1'), ['1 1 0.9'], 'a finer value: the last one inside the row')
  t.same(await filtered("status = 'completed' and duration = 41 and host = 'h' and branch = 'main'"), [
    '1 0 0.5',
    '1 1 0.9',
    '2 0 0.5',
  ])
  t.same(await filtered('count(test) = 0'), ['2 0 0.5'])
})

test('runs that a predicate rules out are not read', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 0.1 }).run('2', training, { lr: 0.2 })
  await runs.lines('loss', { where: 'lr > 0.1 and max(acc) > 0.6 and epoch = 0' })
  t.equal(runs.loads, 1)
})

test('rows are sorted, what is missing last, and limited', async (t) => {
  const runs = new SampleRuns()
    .run(
      '1',
      [
        ['epoch=0', 'x', 2],
        ['epoch=1', 'x', Number.NaN],
      ],
      { lr: 1 },
    )
    .run('2', [['epoch=0', 'x', 3]], { lr: 2 })
    .run('3', [['epoch=0', 'x', 1]])
  const sorted = async (sort: string, limit?: number): Promise<string[]> =>
    (await runs.lines('x', { sort, ...(limit !== undefined && { limit }) })).slice(1)
  t.same(await sorted('x'), ['3 0 1', '1 0 2', '2 0 3', '1 1 NaN'])
  t.same(await sorted('-x', 2), ['2 0 3', '1 0 2'])
  t.same(await sorted('-lr, epoch'), ['2 0 3', '1 0 2', '1 1 NaN', '3 0 1'])
  t.same(await sorted('max(x)'), ['3 0 1', '1 0 2', '1 1 NaN', '2 0 3'])
  t.same((await runs.lines('x', { limit: 2 })).slice(1), ['1 0 2', '1 1 NaN'])
})

test('reading stops when enough rows are found', async (t) => {
  const runs = new SampleRuns().run('1', training).run('2', training)
  await runs.lines('acc', { limit: 1 })
  t.equal(runs.loads, 1)
})

test('attributes alone make a row a run; a run without any of the names has none', async (t) => {
  const runs = new SampleRuns().run('1', [], { lr: 1 }).run('2', training)
  t.same(await runs.lines('status user'), ['run status user', '1 completed ada', '2 completed ada'])
  t.same(await runs.lines('lr status'), ['run lr status', '1 1 completed'])
  t.same((await runs.lines('acc lr')).slice(1), ['1 - - 1', '2 0 0.5 -', '2 1 0.9 -'])
})

test('a name that no run knows comes with its neighbours', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 1 })
  await t.rejects(runs.lines('los'), { code: 'NAME_NOT_FOUND', data: { name: 'los', candidates: ['loss'] } })
  await t.rejects(runs.lines('loss', { where: 'acccc > 1' }), {
    code: 'NAME_NOT_FOUND',
    data: { name: 'acccc' },
  })
  await t.rejects(runs.lines('loss', { sort: 'ac' }), { code: 'NAME_NOT_FOUND' })
  t.same(await new SampleRuns().lines('los'), ['run los'], 'without runs there is nothing to compare with')
})

test('what no row can have is an error rather than an empty table', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 1 })
  const refuse = async (uses: string[], query: object, message: RegExp): Promise<void> => {
    await t.rejects(runs.lines(uses, query), { code: 'UNSUPPORTED', message }, JSON.stringify([uses, query]))
  }
  await refuse(
    ['acc'],
    { where: 'step = 0' },
    /^step is finer than the rows of this table, which go no deeper than epoch$/,
  )
  await refuse(['lr'], { where: 'epoch = 0 or lr > 0' }, /^epoch is finer than .* which are runs$/)
  await refuse(['lr'], { where: 'max(loss) by epoch > 0' }, /^max\(loss\) by epoch is finer .* are runs$/)
  await refuse(['acc'], { sort: '-step' }, /^step is finer/)
  await refuse(['max(acc) by step'], {}, /no run has "acc" inside of step/)
  await refuse(['acc'], { where: 'max(lr) by epoch > 0' }, /no run has "lr" inside of epoch/)
  await refuse(['max(epoch)'], {}, /"epoch" is a loop, and no run has logged it/)

  t.same((await runs.lines(['lr'], { where: 'lr > 5 and epoch = 0' })).slice(1), [], 'no row was asked')
  t.same((await runs.lines(['acc', 'max(loss) by epoch'], { where: 'epoch = 0' })).slice(1), ['1 0 0.5 4'])
})

test('a name that is a loop of some runs and something else of others is asked of these', async (t) => {
  const runs = new SampleRuns()
    .run('1', [...training, ['', 'final', 1]])
    .run('2', [['', 'final', 2]], { epoch: 7 })
    .run('3', [
      ['', 'epoch', 5],
      ['', 'final', 3],
    ])
  const found = async (where: string): Promise<string[]> => (await runs.lines('final', { where })).slice(1)
  t.same(await found('epoch = 7'), ['2 2'])
  t.same(await found('epoch = 5'), ['3 3'])
  t.same(await found('epoch = 3'), [])
  t.same(await found('epoch >= 5 or final = 1'), ['1 1', '2 2', '3 3'])

  const without = new SampleRuns().run('1', [...training, ['', 'final', 1]]).run('2', [['', 'final', 2]])
  t.same((await without.lines('final', { where: 'epoch is null' })).at(-1), '2 2')
  await t.rejects(without.lines('final', { where: 'epoch = 0' }), { code: 'UNSUPPORTED' })
})

test('what is to be said about a table is said once', async (t) => {
  const runs = new SampleRuns().run('1', training).run('2', [...training, ['epoch=1', 'loss', 0]])
  const said: string[] = []
  const warn = (sentence: string): unknown => said.push(sentence)
  await runs.lines('acc', { where: 'loss <= 1', warn })
  t.same(said.splice(0), ['loss was logged deeper than the rows go: its last value in each counts'])
  await runs.lines('acc loss', { where: 'loss <= 1', warn })
  t.same(said.splice(0), [])
  await runs.lines('acc', { where: 'step = 1 or acc > 0', limit: 1, warn })
  t.match(said.splice(0), [/^step is finer/], 'other runs may have it')
})

test('text and other values are shown as they are', async (t) => {
  const runs = new SampleRuns().run('1', [
    ['epoch=0', 'x', 'a'],
    ['epoch=1', 'x', 2n],
    ['epoch=2', 'x', null],
  ])
  t.same(await runs.lines('x'), ['run epoch x', '1 0 a', '1 1 2', '1 2 null'])
})

test('an aggregate is one value of the run, joined to whatever rows there are', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 0.1 }).run('2', training.slice(0, 3), { lr: 0.2 })
  t.same(await runs.lines(['lr', 'last(loss)', 'min(acc)', 'p50(loss)', 'count(loss)', 'first(test)']), [
    'run lr last(loss) min(acc) p50(loss) count(loss) first(test)',
    '1 0.1 1 0.5 2.5 4 0.8',
    '2 0.2 3 0.5 3.5 2 -',
  ])
  t.same(await runs.lines(['acc', 'max(loss)']), [
    'run epoch acc max(loss)',
    '1 0 0.5 4',
    '1 1 0.9 4',
    '2 0 0.5 4',
  ])
  t.same(await runs.lines(['max(lr)', 'acc']), [
    'run epoch max(lr) acc',
    '1 0 0.1 0.5',
    '1 1 0.1 0.9',
    '2 0 0.2 0.5',
  ])
})

test('an aggregate by a loop has one value an iteration', async (t) => {
  const runs = new SampleRuns().run('1', training, { lr: 0.1 }).run('2', training.slice(0, 3))
  t.same(await runs.lines(['mean(loss) by epoch', 'acc']), [
    'run epoch mean(loss) by epoch acc',
    '1 0 3.5 0.5',
    '1 1 1.5 0.9',
    '2 0 3.5 0.5',
  ])
  t.same(await runs.lines(['loss', 'min(loss) by epoch'], { where: 'loss > min(loss) by epoch' }), [
    'run epoch step loss min(loss) by epoch',
    '1 0 0 4 3',
    '1 1 0 2 1',
    '2 0 0 4 3',
  ])
  t.same((await runs.lines(['acc'], { sort: 'mean(loss) by epoch, -acc' })).slice(1), [
    '1 1 0.9',
    '1 0 0.5',
    '2 0 0.5',
  ])
  t.same(await runs.lines(['test', 'max(acc) by epoch'], { where: 'epoch = 1' }), [
    'run epoch test max(acc) by epoch',
    '1 1 0.8 0.9',
  ])
})

test('an aggregate by an outer loop takes in all loops inside it, and nothing that was logged outside', async (t) => {
  const runs = new SampleRuns().run('1', [
    ['fold=0:a/epoch=0', 'x', 1],
    ['fold=0:a/epoch=1', 'x', 3],
    ['fold=0:a/eval=0', 'x', 8],
    ['fold=1:b/epoch=0', 'x', 5],
    ['fold=1:b', 'x', 7],
    ['', 'x', 100],
  ])
  t.same(await runs.lines(['mean(x) by fold', 'count(x) by fold']), [
    'run fold mean(x) by fold count(x) by fold',
    '1 a 4 3',
    '1 b 6 2',
  ])
  await t.rejects(runs.lines(['mean(x) by lr']), { code: 'NAME_NOT_FOUND', message: /"lr" is not a loop/ })
})

test('an aggregate of backfilled values is no better than the worst of them', async (t) => {
  const runs = new SampleRuns()
    .run('1', [['epoch=0', 'x', 1]])
    .backfill('1', 'b1', 'identical', 10, [['epoch=1', 'x', 6]])
    .backfill('1', 'b2', 'diverged', 20, [['epoch=2', 'x', 8]])
  t.same(await runs.lines(['p50(x)', 'max(x)']), ['run p50(x) max(x)', '1 6! 8!'])
  t.same(await runs.lines(['max(x) by epoch']), ['run epoch max(x) by epoch', '1 0 1', '1 1 6*', '1 2 8!'])
})

test('names of columns are distinct, whatever arguments are called', async (t) => {
  const runs = new SampleRuns().run('1', [['epoch=0', 'x', 1]], { run: 'mine' })
  t.same(await runs.lines('run x'), ['run epoch run (argument) x', '1 0 mine 1'])
})

test('a table that is too large to be kept is the same table', async (t) => {
  const runs = new SampleRuns()
    .run('1', training, { lr: 0.1 })
    .run('2', training.slice(0, 3))
    .run('3', [
      ['epoch=0/step#1=0', 'loss', 9],
      ['epoch=0/step#1=0', 'loss', 8],
    ])
  for (const options of [
    {},
    { where: 'loss > 2' },
    { limit: 5 },
    { limit: 6, where: 'lr is null or epoch = 0' },
  ]) {
    const kept = await runs.lines('loss acc lr', options)
    t.ok(kept.length > 3)
    for (const keptValues of [1, 15, 1000]) {
      t.same(await runs.lines('loss acc lr', { ...options, keptRows: 1, keptValues }), kept)
    }
  }
  const sorted = await runs.lines('loss', { sort: '-loss, acc', limit: 3 })
  t.same(sorted.slice(1), ['3 0 1 0 0 9', '3 0 1 0 1 8', '1 0 0 0 - 4'])
})

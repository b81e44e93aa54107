import t from 'tap'
import { BackfillProgress } from '../../../lib/cli/views/backfill-progress.js'
import { formatFailure, lastLines } from '../../../lib/cli/views/backfill-report.js'
import type { RunEntry } from '../../../lib/db/run-entry.js'
import type { StartedTask } from '../../../lib/repository/backfill/backfill-plan.js'

const entry = { run: '3f2a9c1'.padEnd(40, '0') } as unknown as RunEntry
const task = (worker: number, more: Partial<StartedTask> = {}): StartedTask => ({
  worker,
  entry,
  iterations: ['epoch=4', 'epoch=5', 'epoch=6', 'epoch=7'],
  level: 'run',
  reason: '',
  estimateMs: 8000,
  aim: 'values',
  ...more,
})
const epoch = (index: number) => [{ loop: 'epoch', pass: 0, index }]

t.test('a line for each worker, and one for the whole', async (t) => {
  const progress = new BackfillProgress(2, [8000, 8000, 4000])
  progress.start(task(0), 0)
  progress.start(task(1), 0)
  t.strictSame(progress.lines(2000, 80), [
    '3f2a9c1  run  ██▌         6.0s left',
    '3f2a9c1  run  ██▌         6.0s left',
    '0 of 3 done, 0 values, about 10s left',
  ])
  progress.place(0, epoch(6))
  const [first, second] = progress.lines(5000, 80)
  t.match(first, /^3f2a9c1 {2}epoch 6 {2}█+\S? +3\.0s left$/, 'two of four took five seconds')
  t.match(second, /^3f2a9c1 {2}run {6}█/)
  progress.end(1)
  progress.report({ status: 'failed', entry, reason: '', output: '' })
  t.match(progress.lines(5000, 80).at(-1), /^0 of 3 done, 1 failed, 0 values, about 4\.0s left$/)
})

t.test('it says when something takes longer than estimated', async (t) => {
  const progress = new BackfillProgress(1, [8000])
  progress.start(task(0), 0)
  t.match(progress.lines(9000, 80)[0], /1\.0s over the estimate$/)
})

t.test('it fits into narrow terminals, and sums up workers that do not fit on a screen', async (t) => {
  const progress = new BackfillProgress(
    64,
    Array.from({ length: 70 }, () => 8000),
  )
  for (let worker = 0; worker < 64; worker++) progress.start(task(worker), 0)
  for (const columns of [20, 30, 40, 200])
    for (const line of progress.lines(1000, columns)) t.ok(line.length <= columns, line)
  t.notMatch(progress.lines(1000, 30)[0], /█/, 'no room for a bar')
  t.equal(progress.lines(1000, 80).length, 18)
  t.match(progress.lines(1000, 80)[16], /^… and 48 workers more$/)
})

t.test('what a script called its loop cannot do anything to the terminal', async (t) => {
  const progress = new BackfillProgress(1, [1])
  progress.start(task(0), 0)
  progress.place(0, [{ loop: '\u001b[2J', pass: 0, index: 1 }])
  t.notMatch(progress.lines(0, 80).join(''), /\u001b/)
})

t.test('the last lines of an output are those that a terminal would have shown', async (t) => {
  t.strictSame(lastLines('a\n10 %\r20 %\r30 %\r\n\n  \nb\r\n', 3), ['a', '30 %', 'b'])
  const lines = formatFailure({
    status: 'failed',
    entry,
    id: 'mwsx1c2f-5a89ba04',
    reason: 'the script ended with exit code 1',
    output: Array.from({ length: 20 }, (_, i) => `line ${i}\u0007`).join('\n'),
  })
  t.equal(lines[0], '3f2a9c1  failed: the script ended with exit code 1')
  t.equal(lines[1], '    | line 12\\x07')
  t.match(lines.at(-1), /^hint: git flor show --backfill mwsx1c2f-5a89ba04 /)
})

import { test } from 'tap'
import { contextAt } from '../../../lib/model/column.js'
import { formatContext } from '../../../lib/model/context.js'
import type { LogValue } from '../../../lib/model/value.js'
import { assembleRun } from '../../../lib/segment/assemble.js'
import type { LoopRole, SpoolEvent } from '../../../lib/segment/spool-event.js'
import { recordSegment } from './sample-segment.js'

const log = (name: string, value: LogValue): SpoolEvent => ({ op: 'record', name, value })
const enter = (loop: string, role: LoopRole = 'nested', pass = 0, beforeMs?: number): SpoolEvent =>
  beforeMs === undefined
    ? { op: 'loop-enter', loop, pass, role }
    : { op: 'loop-enter', loop, pass, role, beforeMs }
const begin = (index: number, label?: string): SpoolEvent =>
  label === undefined ? { op: 'iteration-begin', index } : { op: 'iteration-begin', index, label }
const end = (durationMs?: number): SpoolEvent =>
  durationMs === undefined ? { op: 'iteration-end' } : { op: 'iteration-end', durationMs }
const exit = (durationMs?: number, exhausted?: boolean): SpoolEvent => ({
  op: 'loop-exit',
  ...(durationMs !== undefined && { durationMs }),
  ...(exhausted !== undefined && { exhausted }),
})
const { header } = recordSegment([])

/** `name context value` of every row. */
function rows(events: Iterable<SpoolEvent>): string[] {
  return assembleRun(events).columns.flatMap(({ name, contexts, values }) =>
    Array.from(
      values as Iterable<LogValue>,
      (value, row) => `${name} ${formatContext(contextAt(contexts, row))} ${value}`,
    ),
  )
}

test('rows stand in the iterations that were open, a column per name and shape', async (t) => {
  const events = [
    log('loss', 9),
    enter('epoch', 'main'),
    begin(0),
    enter('step'),
    begin(0),
    log('loss', 1),
    end(),
    begin(1),
    log('loss', 2),
    end(),
    exit(),
    log('acc', 0.5),
    end(),
    begin(1),
    enter('step'),
    begin(0),
    log('loss', 3),
    end(),
    exit(),
    log('acc', 0.6),
    end(),
    exit(),
    log('loss', 10),
  ]
  t.same(rows(events), [
    'loss  9',
    'loss  10',
    'loss epoch=0/step=0 1',
    'loss epoch=0/step=1 2',
    'loss epoch=1/step=0 3',
    'acc epoch=0 0.5',
    'acc epoch=1 0.6',
  ])
})

test('break, return and exceptions leave the context right', async (t) => {
  t.same(
    rows([enter('a'), begin(0), enter('b'), begin(3), log('x', 1), exit(), log('x', 2), exit(), log('x', 3)]),
    ['x a=0/b=3 1', 'x a=0 2', 'x  3'],
  )
  t.same(
    rows([enter('a'), begin(0), log('x', 1), begin(1), log('x', 2), end(), log('x', 3)]),
    ['x a=0 1', 'x a=1 2', 'x  3'],
    'between iterations the source runs',
  )
})

test('passes and labels stand where they are', async (t) => {
  t.same(
    rows([
      enter('a'),
      begin(0),
      log('x', 1),
      end(),
      exit(),
      enter('a', 'nested', 1),
      begin(0, 'cat'),
      log('x', 2),
      end(),
      begin(1),
      log('x', 3),
      end(),
      exit(),
    ]),
    ['x a=0 1', 'x a#1=cat 2', 'x a#1=1 3'],
  )
  const [column] = assembleRun([enter('a'), begin(0), log('x', 1), exit()]).columns
  t.same(
    [column?.contexts.passes, column?.contexts.labels],
    [[undefined], [undefined]],
    'and are absent where there are none',
  )
})

test('numbers stay numbers until another value comes', async (t) => {
  t.same(assembleRun([log('x', 1), log('x', -0)]).columns[0]?.values, Float64Array.of(1, -0))
  t.same(assembleRun([log('x', 1), log('x', 'two'), log('x', 3)]).columns[0]?.values, [1, 'two', 3])
})

test('the timeline tells outer and main loops and the loops inside their iterations', async (t) => {
  const generator = new Uint8Array([1])
  const { timeline, lastEventMs } = assembleRun([
    { op: 'header', header },
    enter('fold', 'outer', 0, 5),
    begin(0),
    { op: 'loop-enter', loop: 'epoch', pass: 0, role: 'main', beforeMs: 7, generator },
    begin(0),
    enter('step'),
    begin(0),
    enter('deep'),
    begin(0),
    exit(1),
    end(),
    begin(1),
    exit(4),
    enter('step', 'nested', 1),
    exit(2),
    { op: 'iteration-end', durationMs: 100, generator },
    begin(1),
    enter('step'),
    begin(0),
    exit(30),
  ])
  t.same(timeline, [
    {
      context: [],
      loop: 'fold',
      pass: 0,
      role: 'outer',
      beforeMs: 5,
      exhausted: false,
      iterations: [{ context: [{ loop: 'fold', pass: 0, index: 0 }], nested: [] }],
    },
    {
      context: [{ loop: 'fold', pass: 0, index: 0 }],
      loop: 'epoch',
      pass: 0,
      role: 'main',
      beforeMs: 7,
      generator,
      exhausted: false,
      iterations: [
        {
          context: [
            { loop: 'fold', pass: 0, index: 0 },
            { loop: 'epoch', pass: 0, index: 0 },
          ],
          durationMs: 100,
          generator,
          nested: [
            { loop: 'step', pass: 0, durationMs: 4, iterations: 2 },
            { loop: 'step', pass: 1, durationMs: 2, iterations: 0 },
          ],
        },
        {
          context: [
            { loop: 'fold', pass: 0, index: 0 },
            { loop: 'epoch', pass: 0, index: 1 },
          ],
          nested: [{ loop: 'step', pass: 0, durationMs: 30, iterations: 1 }],
        },
      ],
    },
  ])
  t.equal(lastEventMs, header.startedMs + 5 + 7 + 100 + 30)
})

test('a loop that its source ended is told from one that was left', async (t) => {
  const { timeline } = assembleRun([
    enter('e', 'main', 0, 0),
    begin(0),
    end(1),
    exit(3, true),
    enter('e', 'main', 1, 3),
    begin(0),
    exit(1, false),
  ])
  t.match(timeline, [
    { exhausted: true, iterations: [{ durationMs: 1 }] },
    { exhausted: false, iterations: [{ durationMs: undefined }] },
  ])
})

test('the rest of a run is collected', async (t) => {
  const run = assembleRun([
    { op: 'header', header },
    { op: 'arg', name: 'lr', value: 0.1, origin: 'default' },
    { op: 'arg', name: 'n', value: 3, origin: 'set' },
    { op: 'arg', name: 'lr', value: 0.2, origin: 'command-line' },
    { op: 'seed', seed: 7 },
    { op: 'warning', text: 'w' },
    { op: 'checkpointing' },
    { op: 'end', end: { status: 'failed', exitCode: 1, durationMs: 50 } },
  ])
  t.same(run.args, [
    { name: 'lr', value: 0.2, origin: 'command-line' },
    { name: 'n', value: 3, origin: 'set' },
  ])
  t.match(run, {
    header,
    seeds: [7],
    warnings: ['w'],
    hasCheckpointing: true,
    end: { status: 'failed' },
    lastEventMs: header.startedMs + 50,
  })
})

test('events that do not fit together are passed over', async (t) => {
  t.same(rows([exit(), end(), begin(4), log('x', 1)]), ['x  1'])
  t.same(assembleRun([]).columns, [])
  t.equal(assembleRun([]).lastEventMs, undefined)
})

import { test } from 'tap'
import { FlorError } from '../../../lib/model/errors.js'
import type { LogValue } from '../../../lib/model/value.js'
import {
  evaluate,
  formatUse,
  KindWatch,
  namesIn,
  parseColumn,
  parsePredicate,
  parseSelection,
  parseSort,
  splitConjuncts,
  usesIn,
} from '../../../lib/query/predicate.js'

const values: Record<string, LogValue> = {
  lr: 0.01,
  epochs: 8,
  big: 2n ** 60n,
  loss: Number.NaN,
  script: 'train.js',
  done: true,
  none: null,
  zero: -0,
  started: new Date(2026, 10, 2, 12),
  'val-acc': 0.9,
  'a"b': 1,
  list: [1, 2],
  'model.norm': 3,
  'max(loss)': 4,
  'last(loss)': 0.5,
}
const lookup = (name: string, aggregate?: string): LogValue | undefined =>
  values[aggregate ? `${aggregate}(${name})` : name]
const decide = (text: string): boolean | null => evaluate(parsePredicate(text), lookup)

function failure(text: string, act: (text: string) => unknown = decide): FlorError {
  try {
    act(text)
  } catch (error) {
    if (error instanceof FlorError) return error
    throw error
  }
  throw new Error(`${text} did not fail`)
}

test('predicates are decided', async (t) => {
  const cases: [string, boolean | null][] = [
    ['lr = 0.01', true],
    ['lr == 1e-2', true],
    ['lr <> 0.01', false],
    ['lr != .01', false],
    ['lr < 0.1 and epochs >= 8', true],
    ['lr > 1 or epochs = 8', true],
    ['not lr > 1', true],
    ['LR = 1', null],
    ['not missing = 1', null],
    ['missing = 1 or lr = 0.01', true],
    ['missing = 1 and lr > 1', false],
    ['missing = 1 and lr = 0.01', null],
    ['missing is null', true],
    ['lr is not null', true],
    ['none is null', true],
    ['null = null', null],
    ['true or false and false', true],
    ['(true or false) and false', false],
    ['not true or true', true],
    ['epochs in (1, 8)', true],
    ['epochs not in (1, 8)', false],
    ['epochs in (1, missing)', null],
    ['epochs in (8, missing)', true],
    ['epochs between 8 and 9', true],
    ['epochs not between 1 and 7 and true', true],
    ['missing between 1 and 2', null],
    ["script like '%.js'", true],
    ["script like 'train_js'", true],
    ["script like 'train'", false],
    ["script not like '%\\%%'", true],
    ["script = 'train.js'", true],
    ["script > 'a'", true],
    ["'it''s' = 'it''s'", true],
    ['2 + 3 * 4 = 14', true],
    ['(2 + 3) * 4 = 20', true],
    ['-epochs = 0 - 8', true],
    ['7 % 4 - 1 = 2', true],
    ['10 - 2 - 3 = 5', true],
    ['1 / 0 > 1e308', true],
    ['lr * missing > 1', null],
    ['zero = 0', true],
    ['big > 1e18', true],
    ['big = 1152921504606846976', true],
    ['big in (1, 2)', false],
    ['big = loss', false],
    ['loss = loss', true],
    ['loss = nan', true],
    ['loss != NaN', false],
    ['loss in (1, nan)', true],
    ['lr = nan', false],
    ['missing = nan', null],
    ['big = nan', false],
    ['lr < inf', true],
    ['lr > -inf', true],
    ['1 / 0 = Infinity', true],
    ['0 - inf = -INFINITY', true],
    ['"nan" is null', true],
    ['big = 1152921504606846977', false],
    ['big + 1 = 1152921504606846977', true],
    ['9007199254740993 > 9007199254740992', true],
    ['9007199254740993 - 9007199254740992 = 1', true],
    ['-9007199254740993 + 9007199254740992 = -1', true],
    ['big * big / big = big', true],
    ['big * big / big = big + 1', false],
    ['big % 1000 = 976', true],
    ['big / 0 > 1 and big % 0 is nan', true],
    ['big * 0.5 = 576460752303423488', true],
    ['(big + 1) / 2 > 576460752303423487', true],
    ['lr is number', true],
    ['big is number and loss is number', true],
    ['script is text and script is not number', true],
    ['done is boolean', true],
    ['started is date', true],
    ['missing is number', false],
    ['missing is not number', true],
    ['list is text', false],
    ['loss != 1', true],
    ['loss < 1', false],
    ['loss is nan', true],
    ['lr is not nan', true],
    ['done', true],
    ['not done', false],
    ['done = true', true],
    ['missing', null],
    ['max(loss) = 4 and last(loss) < 1', true],
    ['MAX ( loss ) = 4', true],
    ['p50(loss) is null', true],
    ['started >= 2026-11-02', true],
    ['started < 2026-11-02', false],
    ["started > '2026-11-02'", true],
    ["started < date '2026-11-02 12:30'", true],
    ["started = '2026-11-02T12:00'", true],
    ["'2026-11-03' > started", true],
    ['"val-acc" > 0.5', true],
    ['"a""b" = 1', true],
    ['model.norm = 3', true],
    ['order = 1', null],
    ['android is null', true],
    ['IS_NULL is null', true],
  ]
  for (const [text, wanted] of cases) t.equal(decide(text), wanted, text)
})

test('syntax errors name the place and what should stand there', async (t) => {
  const cases: [string, number, RegExp][] = [
    ['lr >', 4, /the text ends where a name or a value should be/],
    ['lr = = 2', 5, /"=" stands where a name or a value/],
    ['', 0, /the text ends/],
    ['(lr > 1', 7, /\)/],
    ['lr > 1 lr', 7, /and/],
    ['lr between 1', 12, /and/],
    ['lr in 1', 6, /\(/],
    ["script = 'x", 9, /value/],
    ['foo(x) > 1', 0, /there is no function foo/],
    ['lr > 1e999', 5, /too large: inf/],
    ['lr is 5', 6, /boolean, date, nan, null, number or text/],
    ['lr > 5x', 5, /value/],
    ['started > 2026-02-30', 10, /date does not exist/],
  ]
  for (const [text, offset, message] of cases) {
    const error = failure(text)
    t.equal(error.code, 'PREDICATE_SYNTAX', text)
    t.match(error.data, { text, offset }, text)
    t.match(error.message, message)
  }
})

test('what cannot be compared is an error, at its place', async (t) => {
  const cases: [string, number][] = [
    ["lr > '0.1'", 3],
    ['script = 1', 7],
    ['lr', 0],
    ['done and lr', 9],
    ['list = 1', 5],
    ['done > 1', 5],
    ["lr like '1%'", 3],
    ['script + 1 > 2', 7],
    ['started > 5', 8],
    ["started > 'soon'", 8],
    ["lr in (1, 'a')", 3],
    ['not lr', 4],
  ]
  for (const [text, offset] of cases) {
    const error = failure(text)
    t.equal(error.code, 'PREDICATE_TYPE', text)
    t.equal(error.data.offset, offset, text)
  }
  t.match(failure("lr > '0.1'"), {
    message: "lr (the number 0.01) cannot be compared with the text '0.1'",
    data: { left: 0.01, right: '0.1', operator: '>' },
  })
})

test('what cannot be compared is named on both sides', async (t) => {
  const cases: [string, string][] = [
    ['script = 1', "script (the text 'train.js') cannot be compared with the number 1"],
    ["max(loss) > 'x'", "max(loss) (the number 4) cannot be compared with the text 'x'"],
    ["lr in (1, 'a')", "lr (the number 0.01) cannot be compared with the text 'a'"],
    ["lr between 0 and 'a'", "lr (the number 0.01) cannot be compared with the text 'a'"],
    ['-script > 1', "script (the text 'train.js') is not a number to calculate with"],
    ['lr * 2', 'the number 0.02 is not a condition'],
    ["lr like '1%'", 'like compares text, not lr (the number 0.01)'],
  ]
  for (const [text, message] of cases) t.equal(failure(text).message, message)
})

test('what was meant is told where it can be', async (t) => {
  const hintOf = (text: string, act?: (text: string) => unknown) => failure(text, act).data.hint
  t.equal(hintOf('maxx(loss) > 1'), 'did you mean max? max(loss)')
  t.equal(hintOf('lr > avg(loss)'), 'did you mean mean? mean(loss)')
  t.equal(hintOf('frobnicate(loss) > 1'), 'functions: first, last, min, max, mean, count, p50')
  t.match(hintOf('max(val/acc) > 1'), /"val\/acc"/)
  t.match(hintOf('-val/acc', parseSort), /"val\/acc"/)
  t.equal(hintOf('lr > > 1'), undefined)
})

test('depth has a limit, and length has none', async (t) => {
  const deep = (open: string, close = '') => `${open.repeat(20_000)}1 = 1${close.repeat(20_000)}`
  for (const text of [deep('(', ')'), deep('not '), deep('-'), deep('- (', ')')]) {
    const error = failure(text)
    t.equal(error.code, 'PREDICATE_SYNTAX')
    t.match(error.message, /nested more than 250 levels deep/)
    t.ok((error.data.offset as number) > 200)
  }
  const sum = failure(`${'1 + '.repeat(20_000)}1 > 0`)
  t.equal(sum.code, 'PREDICATE_SYNTAX')
  t.match(sum.message, /more than 1000 operations/)
  t.equal(failure(`x where ${deep('(', ')')}`, parseSelection).code, 'PREDICATE_SYNTAX')

  t.equal(decide(`${'not '.repeat(240)}lr > 0`), true)
  t.equal(decide(`${'1 + '.repeat(900)}1 = 901`), true)
  t.equal(decide(`${'lr > 5 or '.repeat(20_000)}lr > 0`), true)
  const long = parsePredicate(`${'lr > 0 and missing = 1 and '.repeat(10_000)}lr > 0`)
  t.equal(evaluate(long, lookup), null)
  const { ofRun, ofRow } = splitConjuncts(long, ({ name }) => name === 'lr')
  t.equal(usesIn(ofRun!).length, 10_001)
  t.equal(usesIn(ofRow!).length, 10_000)
  t.equal(decide(`lr in (${'1, '.repeat(100_000)}0.01)`), true)
})

test('runs and commits are known by the beginning of their oid', async (t) => {
  const oid = `3f2a9c1${'0'.repeat(33)}`
  const given: Record<string, LogValue> = { run: oid, commit: oid, other: oid }
  const is = (text: string) => evaluate(parsePredicate(text), (name) => given[name])
  for (const text of ["run = '3f2a'", "'3F2A9C1' = commit", "run in ('abcd', '3f2a9')", `run = '${oid}'`])
    t.equal(is(text), true, text)
  for (const text of [
    "run = '3f2'",
    "run = '3f2b'",
    "run != '3f2a'",
    "other = '3f2a'",
    "run = 'train'",
    `run = '${oid}0'`,
  ])
    t.equal(is(text), false, text)
})

test('where values of a name are of several kinds, those of another kind are unknown, and that is said', async (t) => {
  const where = parsePredicate("not (x > 3) or x like 'b%'")
  const kinds = new KindWatch()
  const decisions = [5, 'a', 'b', 1, null].map((x) => evaluate(where, () => x, kinds))
  t.strictSame(decisions, [null, null, true, true, null])
  t.doesNotThrow(() => kinds.settle())
  t.strictSame(kinds.notices(), [
    "passed over where it is so: x (the text 'a') cannot be compared with the number 3",
    'passed over where it is so: like compares text, not x (the number 5)',
  ])

  const never = new KindWatch()
  for (const x of ['a', 'b', null])
    t.equal(
      evaluate(where, () => x, never),
      x === 'b' ? true : null,
    )
  t.throws(() => never.settle(), { code: 'PREDICATE_TYPE', message: /x \(the text 'a'\) cannot be compared/ })
})

test('deep nesting takes no more than its length', async (t) => {
  t.equal(decide(`${'('.repeat(200)}lr > 0${')'.repeat(200)}`), true)
  t.equal(
    evaluate(parsePredicate(`s like '${'%a'.repeat(12)}b'`), () => 'a'.repeat(40)),
    false,
  )
})

test('names are found where they are used', async (t) => {
  t.same(namesIn(parsePredicate("a > 1 and max(b) in (c, 2) or not d like 'x' and a between e and f")), [
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
  ])
})

test('conjuncts are split by what they need', async (t) => {
  const { ofRun, ofRow } = splitConjuncts(
    parsePredicate('lr > 1 and epoch >= 5 and (loss < 1 or lr = 2) and max(loss) > 3'),
    ({ name, aggregate }) => name === 'lr' || aggregate !== undefined,
  )
  t.same(namesIn(ofRun!), ['lr', 'loss'])
  t.same(namesIn(ofRow!), ['epoch', 'loss', 'lr'])
  t.same(Object.keys(splitConjuncts(parsePredicate('lr > 1'), () => true)), ['ofRun'])
})

test('selections and sort keys', async (t) => {
  t.match(parseSelection('grad_norm where lr > 0.001 and epoch >= 5'), {
    names: ['grad_norm'],
    where: { operator: 'and' },
  })
  t.same(parseSelection('a, b  "c d"'), { names: ['a', 'b', 'c d'] })
  t.equal(failure('where lr > 1', parseSelection).code, 'PREDICATE_SYNTAX')
  t.equal(failure('a where', parseSelection).data.offset, 7)
  t.same(parseSort('lr, -val_acc, max(val_acc), - "x y"'), [
    { name: 'lr', descending: false },
    { name: 'val_acc', descending: true },
    { name: 'val_acc', aggregate: 'max', descending: false },
    { name: 'x y', descending: true },
  ])
  t.equal(failure('lr desc', parseSort).code, 'PREDICATE_SYNTAX')
  t.same(parseSort('-mean(loss) by epoch, lr'), [
    { name: 'loss', aggregate: 'mean', by: 'epoch', descending: true },
    { name: 'lr', descending: false },
  ])
})

test('a column is a name as it is, a quoted name, or an aggregate', async (t) => {
  t.same(parseColumn('val/acc'), { name: 'val/acc' })
  t.same(parseColumn('min'), { name: 'min' })
  t.same(parseColumn('"max(loss)"'), { name: 'max(loss)' })
  t.same(parseColumn('Last( loss )'), { name: 'loss', aggregate: 'last' })
  t.same(parseColumn('p50("val/acc")'), { name: 'val/acc', aggregate: 'p50' })
  t.same(parseColumn('mean(loss) by "my epoch"'), { name: 'loss', aggregate: 'mean', by: 'my epoch' })
  for (const text of ['mean(loss) by', 'mean(loss)) ', 'mean(loss) over x', 'max()', '"open']) {
    t.equal(failure(text, parseColumn).code, 'PREDICATE_SYNTAX', text)
  }
})

test('a use is written as it is read', async (t) => {
  for (const text of [
    'loss',
    '"val/acc"',
    '"and"',
    '"a""b"',
    'last(loss)',
    'mean("val/acc") by epoch',
    'p50(x) by "é t"',
  ]) {
    t.equal(formatUse(parseSort(text)[0]!), text)
  }
})

test('aggregates by iteration are uses of their own, never of the run as a whole', async (t) => {
  const where = parsePredicate('mean(loss) by epoch < 0.5 and max(loss) > 1')
  t.same(usesIn(where), [
    { name: 'loss', aggregate: 'mean', by: 'epoch' },
    { name: 'loss', aggregate: 'max' },
  ])
  t.equal(
    evaluate(where, (name, aggregate, by) =>
      by === 'epoch' && aggregate === 'mean' && name === 'loss' ? 0.25 : 2,
    ),
    true,
  )
})

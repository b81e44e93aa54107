import { test } from 'tap'
import { castArgument, parseArguments, parseArgumentsJson } from '../../../lib/runtime/arg-text.js'

test('both forms on the command line; the last one counts; nothing behind --', async (t) => {
  const argv = [
    '--flor',
    'lr=0.1',
    'train',
    '--flor=name=a=b',
    '--flor',
    'lr=0.2',
    '--flor',
    'quick',
    '--',
    '--flor',
    'x=1',
  ]
  t.strictSame(Object.fromEntries(parseArguments(argv)), { lr: '0.2', name: 'a=b', quick: 'true' })
  t.equal(parseArguments(['--flor']).size, 0)
})

test('FLOR_ARGS is a JSON object', async (t) => {
  t.strictSame(Object.fromEntries(parseArgumentsJson('{"lr":"0.1","layers":[1,2],"n":3}')), {
    lr: '0.1',
    layers: '[1,2]',
    n: '3',
  })
  t.equal(parseArgumentsJson(undefined).size, 0)
  for (const text of ['[1]', 'lr=1', 'null']) {
    t.throws(() => parseArgumentsJson(text), { code: 'USAGE', data: { value: text } })
  }
})

test('the default says what a text is', async (t) => {
  const cases: readonly [string, unknown, unknown][] = [
    ['1e-3', 0.5, 0.001],
    ['NaN', 0.5, Number.NaN],
    ['-Infinity', 0, Number.NEGATIVE_INFINITY],
    ['off', true, false],
    ['1', false, true],
    ['1', 'adam', '1'],
    ['12n', 3n, 12n],
    ['[1,"a"]', [], [1, 'a']],
    ['{"a":1}', {}, { a: 1 }],
    ['null', null, null],
    ['12', null, 12],
    ['text', null, 'text'],
    ['2026-01-02T03:04:05Z', new Date(0), new Date('2026-01-02T03:04:05Z')],
  ]
  for (const [text, example, expected] of cases)
    t.strictSame(castArgument('x', text, example), expected, text)
})

test('nonsense names the value, the argument and what was expected', async (t) => {
  const cases: readonly [string, unknown, string][] = [
    ['fast', 0.5, 'number'],
    ['', 0.5, 'number'],
    ['maybe', true, 'boolean'],
    ['1.5', 1n, 'bigint'],
    ['{}', [], 'array'],
    ['[]', {}, 'object'],
    ['soon', new Date(0), 'date'],
  ]
  for (const [text, example, expected] of cases) {
    t.throws(() => castArgument('lr', text, example), {
      code: 'USAGE',
      data: { value: text, name: 'lr', expected },
      message: new RegExp(`--flor lr=${text.replace(/[[\]{}]/g, '\\$&')}: `),
    })
  }
})

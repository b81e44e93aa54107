import t from 'tap'
import { FlorError } from '../../../lib/model/errors.js'
import { makeStatements } from '../../../lib/propagate/made/make.js'
import { bodiesOfLoop, endOf, type MadePlace, placeAtLine } from '../../../lib/propagate/made/place.js'
import { parseCached } from '../../../lib/propagate/parse-cache.js'

type Where = { readonly line: number } | { readonly loop: string }

/** The text with the expression logged as `wanted`. */
function made(text: string, where: Where, expression: string, path = 'train.js'): string {
  const { source } = make(text, where, [expression], path)
  return source.text
}

function make(text: string, where: Where, expressions: readonly string[], path = 'train.js') {
  const source = { path, text }
  const tree = parseCached(source)
  let place: MadePlace
  if ('line' in where) place = placeAtLine(tree, where.line)
  else {
    const [body] = bodiesOfLoop(tree, where.loop)
    if (body === undefined) throw new Error(`no loop ${where.loop}`)
    place = endOf(tree, body)
  }
  const requested = expressions.map((expression, i) => ({
    name: i === 0 ? 'wanted' : `wanted${i}`,
    expression,
    request: `>${expression}`,
    at: 1,
  }))
  return makeStatements(source, place, requested)
}

/** Why an expression is refused, and the text from where the caret points. */
function refusal(text: string, where: Where, expression: string, path = 'train.js'): string {
  try {
    return `made: ${made(text, where, expression, path)}`
  } catch (error) {
    if (!(error instanceof FlorError)) throw error
    const { text: request, offset } = error.data
    const at = typeof offset === 'number' ? ` | ${String(request).slice(offset)}` : ''
    return `${error.code}: ${error.message}${at}`
  }
}

const script = `import * as flor from 'git-flor'

const w = [1, 2]
for (const epoch of flor.loop('epoch', [0, 1])) {
  // one step after the other
  for (const step of flor.loop('step', [0, 1])) w[0] += step
  const loss = w[0]

  flor.log('loss', loss)
}
`

const withLine = (text: string, behind: number, line: string): string => {
  const lines = text.split('\n')
  return [...lines.slice(0, behind), line, ...lines.slice(behind)].join('\n')
}

t.test('a statement goes directly before the one that begins on the line, under its comments', async (t) => {
  t.equal(made(script, { line: 9 }, 'w[1]'), withLine(script, 8, "  flor.log('wanted', w[1])"))
  t.equal(made(script, { line: 7 }, 'w[1]'), withLine(script, 6, "  flor.log('wanted', w[1])"))
})

t.test('a line of a comment, and an empty one, mean the statement below', async (t) => {
  for (const line of [8, 9])
    t.equal(made(script, { line }, 'loss'), withLine(script, 8, "  flor.log('wanted', loss)"), `${line}`)
  t.equal(made(script, { line: 5 }, 'epoch'), made(script, { line: 6 }, 'epoch'))
})

t.test('a line with the brace that closes a block means the end of the block', async (t) => {
  const expected = withLine(script, 9, "  flor.log('wanted', loss)")
  t.equal(made(script, { line: 10 }, 'loss'), expected)
  t.equal(made(script, { loop: 'epoch' }, 'loss'), expected)
})

t.test('behind the last statement is the end of the program', async (t) => {
  t.equal(made(script, { line: 11 }, 'w[0]'), `${script}flor.log('wanted', w[0])\n`)
})

t.test('a body without braces gets them', async (t) => {
  const text = made(script, { loop: 'step' }, 'step')
  t.match(text, "{ w[0] += step; flor.log('wanted', step); }")
})

t.test('before the jump that a body ends with', async (t) => {
  const text =
    "import * as flor from 'git-flor'\nfor (const e of flor.loop('epoch', [0])) {\n  const x = e\n  break\n}\n"
  t.equal(made(text, { loop: 'epoch' }, 'x'), withLine(text, 3, "  flor.log('wanted', x)"))
})

t.test('the file’s own name for the runtime, its quotes and semicolons are used', async (t) => {
  const text = 'const { log: note } = require("git-flor");\nconst x = 1;\nnote("x", x);\n'
  t.equal(made(text, { line: 3 }, 'x'), withLine(text, 2, 'note("wanted", x);'))
  const esm = "import { log } from 'git-flor'\nconst x = 1\nlog('x', x)\n"
  t.equal(made(esm, { line: 3 }, '[x, x]'), withLine(esm, 2, "log('wanted', [x, x])"))
})

t.test('the runtime is imported where the file does not, or only something else of it', async (t) => {
  const text =
    "import { loop } from 'git-flor'\nconst flor = 1\nfor (const e of loop('epoch', [flor])) {\n  e.toString()\n}\n"
  t.equal(
    made(text, { line: 4 }, 'e'),
    withLine(withLine(text, 3, "  flor2.log('wanted', e)"), 1, "import * as flor2 from 'git-flor'"),
  )
  const helper = "const { sum } = require('./sum')\nexports.norm = function (w) {\n  return sum(w)\n}\n"
  t.equal(
    made(helper, { line: 3 }, 'w.length'),
    withLine(withLine(helper, 2, "  flor.log('wanted', w.length)"), 1, "const flor = require('git-flor')"),
  )
  const first = "'use strict'\nexport const x = 1\n"
  t.equal(
    made(first, { line: 2 }, '1'),
    `'use strict'\nimport * as flor from 'git-flor'\nflor.log('wanted', 1)\nexport const x = 1\n`,
  )
})

t.test('where a local hides the runtime, it is imported under another name', async (t) => {
  const text = "import * as flor from 'git-flor'\nexport function f(flor) {\n  return flor\n}\n"
  t.match(
    made(text, { line: 3 }, '1'),
    /^import \* as flor2 from 'git-flor'$[\s\S]*flor2\.log\('wanted', 1\)/m,
  )
})

t.test('line ends, tabs and the byte order mark are kept', async (t) => {
  const text = "\ufeffimport * as flor from 'git-flor'\r\nif (flor) {\r\n\tflor.log('a', 1)\r\n}\r\n"
  t.equal(
    made(text, { line: 3 }, '2'),
    text.replace("\tflor.log('a'", "\tflor.log('wanted', 2)\r\n\tflor.log('a'"),
  )
})

t.test('several expressions stand in their order', async (t) => {
  const { source, statements } = make(script, { line: 9 }, ['w[0]', 'w[1]'])
  t.match(source.text, "  flor.log('wanted', w[0])\n  flor.log('wanted1', w[1])\n  flor.log('loss', loss)")
  t.match(statements, [
    { line: 9, logNames: ['wanted'] },
    { line: 10, logNames: ['wanted1'] },
  ])
})

t.test('a statement without a semicolon is kept apart from a bracket below', async (t) => {
  const text = "import * as flor from 'git-flor'\nlet x = 1\n;[x] = [2]\n"
  t.match(made(text, { line: 3 }, 'x'), /^flor\.log\('wanted', x\)\n;\[x\] = \[2\]$/m)
})

t.test('TypeScript', async (t) => {
  const text = "import * as flor from 'git-flor'\nconst x: unknown = 1\nflor.log('x', x as number)\n"
  t.equal(
    made(text, { line: 3 }, '(x as number) + 1', 'train.ts'),
    withLine(text, 2, "flor.log('wanted', (x as number) + 1)"),
  )
})

t.test('what the expression reads must be there, and have its value', async (t) => {
  t.equal(
    refusal(script, { line: 9 }, '1 + norm(w)'),
    'EXPRESSION_INVALID: `norm` is not known in train.js: it is neither declared nor imported at that place | norm(w)',
  )
  t.equal(
    refusal(script, { line: 6 }, 'loss'),
    'EXPRESSION_INVALID: `loss` has no value there yet: it is defined at line 7 | loss',
  )
  t.match(refusal(script, { line: 9 }, 'step'), /^EXPRESSION_INVALID: `step` is not known/)
  t.match(refusal(script, { line: 9 }, 'Math.max(...w.map((x) => x * epoch))'), /^made/)
})

t.test('what is logged must leave the training as it is', async (t) => {
  for (const expression of ['w[0] = 1', 'w[0]++', 'delete w.x', '(() => { w.length = 0 })()', 'epoch = 1'])
    t.match(
      refusal(script, { line: 9 }, expression),
      /^EXPRESSION_INVALID: the expression changes `(w|epoch)`/,
      expression,
    )
  t.match(refusal(script, { line: 9 }, '((x) => { x += 1; return x })(w[0])'), /^made/)
})

t.test('an expression neither waits where the code cannot, nor calls the runtime', async (t) => {
  const text = "import * as flor from 'git-flor'\nexport function f(x) {\n  return x\n}\n"
  t.match(refusal(text, { line: 3 }, 'await x'), /^EXPRESSION_INVALID: /)
  t.match(refusal(script, { line: 9 }, 'await w'), /^made/)
  t.match(refusal(script, { line: 9 }, "flor.log('other', 1)"), /calls the runtime itself/)
  t.match(refusal(script, { line: 9 }, "flor.arg('other', 1)"), /calls the runtime itself/)
})

t.test('an expression cannot break out of its statement', async (t) => {
  for (const expression of ["1); w[0] = 0; flor.log('x', 2", '1) // ', '1 /*', '`${', '...w'])
    t.match(refusal(script, { line: 9 }, expression), /^EXPRESSION_INVALID/, expression)
  const deep = `${'('.repeat(20_000)}1${')'.repeat(20_000)}`
  t.match(refusal(script, { line: 9 }, deep), /^EXPRESSION_INVALID: it is nested too deeply/)
})

t.test('lines on which no statement can stand are refused with the place before', async (t) => {
  const text =
    "import * as flor from 'git-flor'\nconst x = {\n  a: 1,\n}\nclass C {\n  a = 1\n\n  b() {}\n}\nswitch (1) {\n  case 1:\n    flor.log('x', x)\n}\n"
  t.equal(refusal(text, { line: 3 }, '1'), 'PLACE_NOT_FOUND: train.js:3 is inside the statement of line 2')
  t.equal(refusal(text, { line: 4 }, '1'), 'PLACE_NOT_FOUND: train.js:4 is inside the statement of line 2')
  t.match(refusal(text, { line: 6 }, '1'), /is a member of a class/)
  t.match(refusal(text, { line: 8 }, '1'), /is a member of a class/)
  t.match(refusal(text, { line: 9 }, '1'), /^PLACE_NOT_FOUND/)
  t.match(
    refusal(text, { line: 11 }, '1'),
    /^PLACE_NOT_FOUND: train.js:11 is inside the statement of line 10/,
  )
  t.match(
    refusal(text.replace('x)\n}', 'x)\n  case 2:\n}'), { line: 13 }, '1'),
    /train.js:13 is inside the statement of line 10/,
  )
  t.match(refusal(text, { line: 12 }, '1'), /^made/)
  t.match(refusal(text, { line: 99 }, '1'), /no line 99/)
  t.match(refusal('const a = `\nx\n`\n', { line: 2 }, '1'), /inside the statement of line 1/)
})

import t from 'tap'
import { FlorError } from '../../../lib/model/errors.js'
import { getLanguage } from '../../../lib/propagate/language.js'
import { readExpressions } from '../../../lib/repository/backfill/read-expressions.js'

const read = (text: string, path = 'train.js') => {
  const { expressions, where } = readExpressions(text, path, getLanguage(path))
  return { items: expressions.map(({ expression, name, at }) => [expression, name, at]), where }
}

/** The message, and the text from where the caret points. */
const failure = (text: string): string => {
  try {
    return JSON.stringify(read(text))
  } catch (error) {
    if (!(error instanceof FlorError)) throw error
    return `${error.code}: ${error.message} | ${String(error.data.text).slice(Number(error.data.offset))}`
  }
}

t.test('an expression ends at its name', async (t) => {
  t.strictSame(read('norm(model.getWeights()) as wnorm').items, [['norm(model.getWeights())', 'wnorm', 0]])
  t.strictSame(read('  a+b  as x, [c, d] AS y').items, [
    ['a+b', 'x', 2],
    ['[c, d]', 'y', 13],
  ])
  t.strictSame(read('a as "val/acc", b as "say ""x"""').items, [
    ['a', 'val/acc', 0],
    ['b', 'say "x"', 16],
  ])
})

t.test('commas, names and conditions inside of an expression belong to it', async (t) => {
  t.strictSame(read("f('q as x, r', (a, b)) as y").items, [["f('q as x, r', (a, b))", 'y', 0]])
  t.strictSame(read('`$' + '{w.as} as z` as y, /as x,/.test(s) as t').items, [
    ['`$' + '{w.as} as z`', 'y', 0],
    ['/as x,/.test(s)', 't', 21],
  ])
  t.strictSame(read("f('a as b where c') as y").items, [["f('a as b where c')", 'y', 0]])
  t.strictSame(read('x as number as y', 'train.ts').items, [['x as number', 'y', 0]])
})

t.test('a condition follows the last name', async (t) => {
  const { items, where } = read('a as x, b as y where epoch > 3')
  t.equal(items.length, 2)
  t.match(where, { kind: 'binary', operator: '>' })
  t.match(failure('a as x where epoch >'), /^PREDICATE_SYNTAX: .* \| $/)
  t.match(failure('a as x where 1 ! 2'), /\| ! 2$/)
})

t.test('what is no expression is pointed at', async (t) => {
  t.equal(failure('norm(w as wnorm'), 'EXPRESSION_INVALID: Unexpected token, expected "," |  as wnorm')
  t.match(failure('a as x, b + as y'), /^EXPRESSION_INVALID: .* \| {2}as y$/)
  t.equal(failure('a as x,'), 'EXPRESSION_INVALID: an expression is missing | ')
  t.equal(failure(''), 'EXPRESSION_INVALID: an expression is missing | ')
  t.match(failure('1 +* 2 as x'), /^EXPRESSION_INVALID: .* \| \* 2 as x$/)
  t.match(failure('let x = 1 as y'), /^EXPRESSION_INVALID: /)
})

t.test('a name is required, and no two are the same', async (t) => {
  t.equal(failure('norm(w)'), 'EXPRESSION_INVALID: `norm(w)` has no name to be logged under | ')
  t.equal(
    failure('norm(w) where a > 1'),
    'EXPRESSION_INVALID: `norm(w)` has no name to be logged under |  where a > 1',
  )
  t.equal(failure('a, b as y'), 'EXPRESSION_INVALID: `a` has no name to be logged under | , b as y')
  t.equal(failure('a as x, b'), 'EXPRESSION_INVALID: `b` has no name to be logged under | ')
  t.equal(failure('a as x, b as x'), 'EXPRESSION_INVALID: two expressions are called "x" | as x')
})

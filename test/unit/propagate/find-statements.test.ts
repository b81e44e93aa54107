import t from 'tap'
import { FlorError } from '../../../lib/model/errors.js'
import { findLogStatements, findStatements, propagate } from '../../../lib/propagate/propagate.js'

const file = (text: string, path = 'train.js') => ({ path, text })

t.test('logs are found through every way of importing the runtime', async (t) => {
  const ways = [
    ["import * as flor from 'git-flor'", 'flor.log'],
    ["import * as f from 'git-flor'", 'f.log'],
    ["import { log } from 'git-flor'", 'log'],
    ["import { log as record } from 'git-flor'", 'record'],
    ["const flor = require('git-flor')", 'flor.log'],
    ["const { log: record } = require('git-flor')", 'record'],
    ['', 'flor.log'],
  ] as const
  for (const [header, call] of ways) {
    const [found, ...more] = findStatements(file(`${header}\n${call}('loss', 1)\nother.log('loss')\n`), {
      name: 'loss',
    })
    t.equal(found?.line, 2, header)
    t.same(more, [], header)
  }
})

t.test('every statement that logs the name is found, in the order of the text', async (t) => {
  const source = file("flor.log('a', 1)\nif (x) {\n  flor.log('b', 2)\n}\nconst y = flor.log('a', 3)\n")
  t.same(
    findStatements(source, { name: 'a' }).map(({ line, text }) => [line, text]),
    [
      [1, "flor.log('a', 1)"],
      [5, "const y = flor.log('a', 3)"],
    ],
  )
  t.same(
    findLogStatements(source).map(({ logNames }) => logNames),
    [['a'], ['b'], ['a']],
  )
})

t.test('a line names its innermost statement, and a blank line none', async (t) => {
  const source = file('function f() {\n\n  const x = {\n    a: 1,\n  }\n  // note\n}\n')
  t.equal(findStatements(source, { line: 4 })[0]?.line, 3)
  t.equal(findStatements(source, { line: 1 })[0]?.line, 1)
  t.same(findStatements(source, { line: 2 }), [])
  t.same(findStatements(source, { line: 6 }), [])
  t.same(findStatements(source, { line: 99 }), [])
})

t.test('bad input is told with its place', async (t) => {
  const failure = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (error instanceof FlorError) return [error.code, error.data]
      throw error
    }
    return undefined
  }
  t.match(
    failure(() => findStatements(file('const a = 1\nconst = 2\n'), { line: 1 })),
    ['SOURCE_SYNTAX', { path: 'train.js', line: 2, column: 7 }],
  )
  t.match(
    failure(() => findStatements(file('a\n\0b'), { line: 1 })),
    ['SOURCE_SYNTAX', { line: 2, column: 1 }],
  )
  t.match(
    failure(() => findStatements(file('x = 1', 'train.py'), { line: 1 })),
    ['LANGUAGE_UNSUPPORTED', { path: 'train.py' }],
  )
})

t.test('relative imports that come along are listed for the caller to look up', async (t) => {
  const newer = file(
    "import * as flor from 'git-flor'\nimport { norm } from './math.js'\nrun()\nflor.log('n', norm())\n",
  )
  const older = file("import * as flor from 'git-flor'\nrun()\n")
  const result = propagate(newer, findStatements(newer, { name: 'n' }), older)
  t.match(result, {
    status: 'placed',
    requires: ['./math.js'],
    insertions: [
      { kind: 'import', line: 2, module: './math.js' },
      { kind: 'statement', line: 4 },
    ],
  })
})

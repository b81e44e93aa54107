import t, { test } from 'tap'
import { skipWithoutDuckDb as skip } from '../../support/duckdb.js'
import type { TestRepository } from '../../support/repository.js'
import { project, train } from '../../support/training.js'
import { cli } from './harness.js'

t.setTimeout(120_000)

async function lines(repo: TestRepository, ...args: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await cli(repo.path, args)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout.trimEnd().split('\n')
}

const query = (repo: TestRepository, sql: string) => lines(repo, 'query', '--csv', sql)

const typeOf = async (repo: TestRepository, column: string): Promise<string | undefined> =>
  (await query(repo, `SELECT column_type FROM (DESCRIBE logs) WHERE column_name = '${column}'`))[1]

/** Rows of a name with the loops around it, by SQL and by the table, both as CSV with the run in front. */
async function bothWays(repo: TestRepository, name: string, loops: string): Promise<[string[], string[]]> {
  const [, ...asked] = await query(
    repo,
    `SELECT run, ${loops}, coalesce(text, value::VARCHAR) AS v FROM logs WHERE name = '${name}' ORDER BY row`,
  )
  const [, ...shown] = await lines(repo, 'log', '--csv', name)
  return [asked, shown]
}

test('iterations are what tables show, to the digit, whatever numbers a loop yields', { skip }, async (t) => {
  const kinds: Record<string, readonly [items: string, type: string]> = {
    rate: ['[0.1, 0.01, 1, 0.30000000000000004, 1e-7, -0.5, 5e-324]', 'DOUBLE'],
    whole: ['[10, -20, 0, 3000000000, 9007199254740991]', 'BIGINT'],
    large: ['[9007199254740992, 1e21, 1.7976931348623157e308, 2]', 'DOUBLE'],
    special: ['[NaN, Infinity, -Infinity, -0, 0.5]', 'DOUBLE'],
    first: ['[-0, -0, 5n]', 'BIGINT'],
    flag: ['[true, false]', 'VARCHAR'],
    mixed: ["['x', 0.5, 3, 'x/y=1', 12345678901234567890n]", 'VARCHAR'],
    items: ['[{}, [], null, undefined]', 'BIGINT'],
  }
  const loops = Object.entries(kinds).map(
    // Numbers and texts lie in different tables: both are asked for.
    ([name, [items]]) => `for (const item of flor.loop('${name}', ${items})) {
  flor.log('${name}_n', 7)
  flor.log('${name}_t', 'seven')
}`,
  )
  const repo = project(t, { 'train.js': `import * as flor from 'git-flor'\n${loops.join('\n')}\n` })
  train(repo)
  for (const [loop, [, type]] of Object.entries(kinds)) {
    t.equal(await typeOf(repo, loop), type, loop)
    for (const name of [`${loop}_n`, `${loop}_t`]) {
      const [asked, shown] = await bothWays(repo, name, `"${loop}"`)
      t.strictSame(
        asked.map((line) => line.replace(/,7\.0$/, ',7')),
        shown,
        name,
      )
    }
  }
  const [, ...special] = await query(repo, "SELECT special FROM logs WHERE name = 'special_n' ORDER BY row")
  t.strictSame(special, ['NaN', 'inf', '-inf', '0', '0.5'])
  const contexts = await query(repo, "SELECT DISTINCT context FROM logs WHERE name LIKE 'mixed%' ORDER BY 1")
  t.strictSame(contexts.slice(1), [
    'mixed=0.5',
    'mixed=12345678901234567890',
    'mixed=3',
    'mixed=x',
    'mixed=x%2Fy%3D1',
  ])
})

test('epochs with fractions, as trainers print them, are not rounded', { skip }, async (t) => {
  const repo = project(t, {
    'train.sh': `printf "{'loss': 0.3, 'epoch': 0.5}\\n{'loss': 0.2, 'epoch': 1.0}\\n{'loss': 0.1, 'epoch': 1.5}\\n"\n`,
  })
  await lines(repo, 'run', '--capture', '--', 'sh', 'train.sh')
  const [asked, shown] = await bothWays(repo, 'loss', 'epoch')
  t.strictSame(asked, shown)
  t.strictSame(await query(repo, 'SELECT epoch, avg(value) v FROM logs GROUP BY epoch ORDER BY epoch'), [
    'epoch,v',
    '0.5,0.3',
    '1,0.2',
    '1.5,0.1',
  ])
})

test('passes of a loop, and iterations of one label, are told apart', { skip }, async (t) => {
  const repo = project(t, {
    'train.js': `import * as flor from 'git-flor'
for (const fold of flor.loop('fold', ['x', 'y', 'x'])) {
  for (let training = 0; training < 2; training++) {
    for (const epoch of flor.loop('epoch', [1, 2])) {
      flor.log('loss', epoch)
      flor.log('note', 'kept')
    }
  }
  flor.log('acc', 1)
}
`,
  })
  train(repo)
  t.strictSame(
    await query(
      repo,
      `SELECT fold, "epoch#", epoch, context, context_key, indices FROM logs
      WHERE name = 'loss' ORDER BY row LIMIT 6`,
    ),
    [
      'fold,epoch#,epoch,context,context_key,indices',
      'x,0,1,fold=x/epoch=1,fold=0/epoch=0,"[0,0]"',
      'x,0,2,fold=x/epoch=2,fold=0/epoch=1,"[0,1]"',
      'x,1,1,fold=x/epoch#1=1,fold=0/epoch#1=0,"[0,0]"',
      'x,1,2,fold=x/epoch#1=2,fold=0/epoch#1=1,"[0,1]"',
      'y,0,1,fold=y/epoch=1,fold=1/epoch=0,"[1,0]"',
      'y,0,2,fold=y/epoch=2,fold=1/epoch=1,"[1,1]"',
    ],
  )
  const [header] = await lines(repo, 'log', '--csv', 'loss')
  t.equal(header, 'run,fold,epoch#,epoch,loss', 'the same name as in tables')
  const joined = (using: string) =>
    query(
      repo,
      `SELECT count(*) n FROM logs a JOIN logs b USING (${using}) WHERE a.name = 'loss' AND b.name = 'note'`,
    )
  t.strictSame(await joined('run, context_key'), ['n', '12'])
  t.strictSame(await joined('run, context'), ['n', '20'], 'two folds are called x')
  t.strictSame(
    await query(
      repo,
      `SELECT fold, count(*) n FROM logs WHERE name = 'acc' GROUP BY fold, indices[1] ORDER BY indices[1]`,
    ),
    ['fold,n', 'x,1', 'y,1', 'x,1'],
  )
  t.strictSame(await query(repo, `SELECT DISTINCT "epoch#" IS NULL AS b FROM logs WHERE name = 'acc'`), [
    'b',
    'true',
  ])
  t.strictSame(
    await query(
      repo,
      `SELECT context, context_key, pass, iteration, label FROM loops
      WHERE loop = 'epoch' AND iteration = 1 ORDER BY context_key, pass`,
    ),
    [
      'context,context_key,pass,iteration,label',
      ...['fold=x,fold=0', 'fold=y,fold=1', 'fold=x,fold=2'].flatMap((it) => [`${it},0,1,2`, `${it},1,1,2`]),
    ],
  )
})

test('a loop that no run enters twice has no column of passes', { skip }, async (t) => {
  const repo = project(t, {
    'train.js':
      "import * as flor from 'git-flor'\nfor (const epoch of flor.loop('epoch', [0, 1])) flor.log('a', 1)\n",
  })
  train(repo)
  t.equal(await typeOf(repo, 'epoch#'), undefined)
  t.equal(await typeOf(repo, 'indices'), 'INTEGER[]')
})

test('checkpoints are joined with what was logged in their iterations', { skip }, async (t) => {
  const repo = project(t, {
    'train.js': `import * as flor from 'git-flor'
const state = { at: 0 }
flor.checkpointing({ state })
for (const rate of flor.loop('rate', [0.5, 0.5])) {
  state.at += rate
  flor.log('at', state.at)
}
`,
  })
  train(repo)
  t.strictSame(
    await query(
      repo,
      `SELECT c.context, l.value FROM checkpoints c JOIN logs l USING (run, context_key) ORDER BY 2`,
    ),
    ['context,value', 'rate=0.5,0.5', 'rate=0.5,1'],
  )
})

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { RELATIONS, relationsIn } from '../../../lib/cli/sql/relations.js'
import { skipWithoutDuckDb as skip } from '../../support/duckdb.js'
import { repository } from '../../support/repository.js'
import { project, train } from '../../support/training.js'
import { cli } from './harness.js'
import { recordBackfill, recordRun } from './record-run.js'

const rows = async (cwd: string, sql: string, ...options: string[]) => {
  const { stdout, stderr, exitCode } = await cli(cwd, ['query', '--json', ...options, sql])
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout).rows
}

t.test('the schema is listed without DuckDB and without a repository', async (t) => {
  const { stdout, exitCode } = await cli('/', ['query', '--schema'], { columns: 80 })
  t.equal(exitCode, 0)
  for (const { name, columns } of RELATIONS) {
    t.match(stdout, new RegExp(`^${name}: `, 'm'))
    for (const column of columns)
      t.match(stdout, new RegExp(`^ {4}${column.name} +${column.type.replace(/[([].*/, '')}`, 'm'))
  }
  const { kind, relations } = JSON.parse((await cli('/', ['query', '--schema', '--json'])).stdout)
  t.equal(kind, 'schema')
  t.equal(relations.length, 6)
  t.equal((await cli('/', ['query', '--schema', '--csv'])).exitCode, 129)
})

t.test('only relations that a statement speaks of are loaded', async (t) => {
  t.strictSame(relationsIn('SELECT 1'), [])
  t.strictSame(relationsIn('select * from "Runs" r join ARGS using (run)'), ['runs', 'args'])
  t.strictSame(relationsIn('select mylogs, runs_2 from x'), [])
  t.equal(relationsIn('SHOW TABLES').length, 6)
})

t.test('rows of a name are counted in the order of logging, over all contexts', { skip }, async (t) => {
  const repo = project(t, {
    'train.js': `import * as flor from 'git-flor'
flor.log('acc', 1)
for (const epoch of flor.loop('epoch', [0, 1])) {
  for (const step of flor.loop('step', [0])) flor.log('acc', 2)
  flor.log('acc', epoch === 0 ? 3 : 'none')
}
flor.log('acc', 4)
`,
  })
  train(repo)
  const sql =
    "SELECT row, context, coalesce(text, CAST(value AS INTEGER)::VARCHAR) v FROM logs WHERE name = 'acc' ORDER BY row"
  t.strictSame(
    (await rows(repo.path, sql)).map((row: Record<string, unknown>) => Object.values(row).join(' ')),
    ['0  1', '1 epoch=0/step=0 2', '2 epoch=0 3', '3 epoch=1/step=0 2', '4 epoch=1 none', '5  4'],
  )
})

t.test('the relations have the columns that the schema tells', { skip }, async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { epochs: { loss: [1] } })
  for (const { name, columns } of RELATIONS) {
    const described = await rows(repo.path, `SELECT column_name, column_type FROM (DESCRIBE ${name})`)
    const found = described.map(
      (row: { column_name: string; column_type: string }) => `${row.column_name} ${row.column_type}`,
    )
    const expected = columns.map((column) => `${column.name} ${column.type}`)
    t.strictSame(
      found.filter((it: string) => it !== 'epoch BIGINT'),
      expected,
    )
  }
})

t.test('values are exact: numbers, big integers, dates, text, NaN and infinities', { skip }, async (t) => {
  const repo = repository(t).commit('one')
  const values = [
    0.1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    5e-324,
    2n ** 70n,
    true,
    null,
    "it's\n",
    new Date(7),
    [1, 2],
  ]
  await recordRun(repo.path, {
    args: { big: 2n ** 63n, lr: 0.1 },
    epochs: { mixed: values, loss: [1 / 3, Number.NEGATIVE_INFINITY] },
  })
  t.strictSame(
    await rows(
      repo.path,
      "SELECT epoch, row, context, type, value, text FROM logs WHERE name = 'mixed' ORDER BY row",
    ),
    [
      ['number', 0.1, null],
      ['number', 'NaN', null],
      ['number', 'Infinity', null],
      ['number', -0, null],
      ['number', 5e-324, null],
      ['integer', null, '1180591620717411303424'],
      ['boolean', null, 'true'],
      ['null', null, null],
      ['string', null, "it's\n"],
      ['date', null, '1970-01-01T00:00:00.007Z'],
      ['array', null, '[1,2]'],
    ].map(([type, value, text], i) => ({ epoch: i, row: i, context: `epoch=${i}`, type, value, text })),
  )
  t.strictSame(await rows(repo.path, "SELECT value, type FROM logs WHERE name = 'loss' ORDER BY row"), [
    { value: 1 / 3, type: 'number' },
    { value: '-Infinity', type: 'number' },
  ])
  t.strictSame(await rows(repo.path, 'SELECT name, value, text FROM args ORDER BY name'), [
    { name: 'big', value: null, text: '9223372036854775808' },
    { name: 'lr', value: 0.1, text: null },
  ])
  t.strictSame(
    await rows(repo.path, 'SELECT 9007199254740993::BIGINT a, 42::BIGINT b, 1.50 c, count(*) d FROM logs'),
    [{ a: '9007199254740993', b: 42, c: 1.5, d: 13 }],
  )
})

t.test(
  'of values in one place those stand that tables show, and say where they came from',
  { skip },
  async (t) => {
    const repo = repository(t).commit('one')
    const run = await recordRun(repo.path, { epochs: { loss: [1, 2] } })
    const patched = repo.git('rev-parse', 'HEAD') as never
    await recordBackfill(
      repo.path,
      run,
      { norm: [1, 2, 3] },
      { patched, fidelity: { status: 'diverged', compared: 2, equal: 1 } },
    )
    await recordBackfill(
      repo.path,
      run,
      { norm: [8, 9] },
      { patched, fidelity: { status: 'identical', compared: 2, equal: 2 } },
    )
    t.strictSame(
      await rows(repo.path, "SELECT epoch, value, fidelity FROM logs WHERE name = 'norm' ORDER BY epoch"),
      [
        { epoch: 0, value: 8, fidelity: 'identical' },
        { epoch: 1, value: 9, fidelity: 'identical' },
        { epoch: 2, value: 3, fidelity: 'diverged' },
      ],
    )
    t.strictSame(
      await rows(
        repo.path,
        'SELECT count(*) n, sum(compared) c FROM backfills JOIN logs USING (run, backfill)',
      ),
      [{ n: 3, c: 6 }],
    )
    t.strictSame(await rows(repo.path, "SELECT DISTINCT backfill FROM logs WHERE name = 'loss'"), [
      { backfill: null },
    ])
  },
)

t.test('every format has the same rows', { skip }, async (t) => {
  const repo = repository(t).commit('one')
  const sql = "SELECT 1 AS a, 'x,\ty' AS b, NULL AS c UNION ALL SELECT 2, 'z', 3 ORDER BY a"
  const out = async (...options: string[]) => (await cli(repo.path, ['query', ...options, sql])).stdout
  t.equal(await out('--csv'), 'a,b,c\n1,"x,\ty",\n2,z,3\n')
  t.equal(await out('--tsv'), 'a\tb\tc\n1\tx,\\ty\t\n2\tz\t3\n')
  t.equal(await out('--jsonl'), '{"a":1,"b":"x,\\ty","c":null}\n{"a":2,"b":"z","c":3}\n')
  t.equal(await out(), 'a  b      c\n1  x,\\ty\n2  z      3\n')
  t.equal((await cli(repo.path, ['query', '--csv', '--json', sql])).exitCode, 129)
  t.equal(
    (await cli(repo.path, ['query', '--csv'], { stdin: 'select 1 as a; select 2 as b' })).stdout,
    'b\n2\n',
  )
  t.equal((await cli(repo.path, ['query', '-'], { stdin: '' })).exitCode, 129)
})

t.test(
  'a record on a terminal ends as everywhere, and control characters in it are shown',
  { skip },
  async (t) => {
    const repo = repository(t).commit('one')
    const out = async (form: string) =>
      (
        await cli(repo.path, ['query', form, "SELECT chr(27) || '[2Jx' AS a, chr(13) AS b"], {
          terminal: true,
        })
      ).stdout
    t.equal(await out('--csv'), 'a,b\n\\e[2Jx,"\\r"\n')
    t.equal(await out('--tsv'), 'a\tb\n\\e[2Jx\t\\r\n')
  },
)

t.test('an error of SQL is DuckDB’s own, with the place in the statement', { skip }, async (t) => {
  const repo = repository(t).commit('one')
  const syntax = await cli(repo.path, ['query', 'selec 1'])
  t.equal(syntax.exitCode, 1)
  t.match(
    syntax.stderr,
    /^error: Parser Error: syntax error at or near "selec"\n {4}LINE 1: selec 1\n {12}\^\nhint: /,
  )
  t.match((await cli(repo.path, ['query', 'select nope from runs'])).stderr, /^error: Binder Error: .*"nope"/)
})

t.test('a relation that is misspelt is suggested, and no table of DuckDB’s own', { skip }, async (t) => {
  const repo = repository(t).commit('one')
  const errorOf = async (sql: string) => (await cli(repo.path, ['query', sql])).stderr
  t.match(
    await errorOf('select * from logz'),
    /logz does not exist!\n {4}Did you mean "logs"\?\n {4}LINE 1: /,
  )
  t.match(await errorOf('select * from "Checkpoint"'), /Did you mean "checkpoints"\?/)
  const other = await errorOf('select * from nothing_like')
  t.notMatch(other, /Did you mean/)
  t.match(other, /hint: git flor query --schema {4}lists all relations/)
  t.match(
    await errorOf('create table scores (a int); select * from scorez'),
    /Did you mean "scores"\?/,
    'tables of the statement are suggested as before',
  )
})

t.test('a statement touches no files, unless it is allowed to', { skip }, async (t) => {
  const repo = repository(t).write('data.csv', 'a\n1\n').commit('one')
  const csv = join(repo.path, 'data.csv')
  const target = join(repo.path, 'made.csv')
  for (const sql of [
    `COPY (SELECT 1) TO '${target}'`,
    `SELECT * FROM read_csv('${csv}')`,
    `ATTACH '${target}'`,
  ]) {
    const { exitCode, stderr } = await cli(repo.path, ['query', sql])
    t.equal(exitCode, 1, sql)
    t.match(stderr, /disabled by configuration[\s\S]*hint: git flor query --allow-files/)
  }
  t.notOk(existsSync(target))
  t.strictSame(await rows(repo.path, `SELECT * FROM read_csv('${csv}')`, '--allow-files'), [{ a: 1 }])
})

t.test('runs are chosen before their values are read', { skip }, async (t) => {
  const repo = repository(t).commit('one')
  for (const lr of [0.1, 0.2]) await recordRun(repo.path, { args: { lr }, epochs: { loss: [lr] } })
  t.strictSame(await rows(repo.path, 'SELECT value FROM logs', '--where', 'lr > 0.15'), [{ value: 0.2 }])
})

t.test(
  'names of loops that are taken get columns of their own, and labels may be text',
  { skip },
  async (t) => {
    const repo = repository(t).commit('one')
    await recordRun(repo.path, { epochs: { loss: [1, 2] } })
    t.strictSame(await rows(repo.path, 'SELECT max(epoch) m, sum(epoch) s FROM logs'), [{ m: 1, s: 1 }])
  },
)

t.test('DuckDB that came with the repository is not run', async (t) => {
  const repo = repository(t)
  const folder = join(repo.path, 'node_modules/@duckdb/node-api')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"main":"index.js"}')
  writeFileSync(join(folder, 'index.js'), 'throw new Error("was run")')
  repo.commit('with packages')
  const { findDuckDb } = await import('../../../lib/cli/sql/find-duckdb.js')
  const { locateRepositorySync } = await import('../../../lib/git/location.js')
  // Another folder than our own package's comes first, so that the one in the repository is what is found.
  const found = findDuckDb(repo.path, locateRepositorySync(repo.path), [repo.path])
  await t.rejects(found, { code: 'DUCKDB_MISSING', message: /belongs to the repository/ })
  const none = findDuckDb('/', locateRepositorySync(repo.path), ['/'])
  await t.rejects(none, { code: 'DUCKDB_MISSING', message: /needs DuckDB, which is not installed/ })
})

import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import t, { type Test } from 'tap'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordBackfill, recordRun } from './record-run.js'

const STARTED = Date.UTC(2026, 10, 20, 12, 30)

const story = async (t: Test) => {
  const repo = repository(t).write('train.js', '// 1\n').commit('one')
  const run = await recordRun(repo.path, {
    startedMs: STARTED,
    args: { lr: 0.01, opt: 'a b' },
    epochs: { loss: [0.1 + 0.2, Number.NaN, Number.NEGATIVE_INFINITY], 'val:acc': [0.5, 0.75, -0] },
    once: {
      big: 2n ** 60n,
      when: new Date(1),
      text: 'tab\there\nline \\ end',
      empty: '',
      nothing: null,
      yes: true,
    },
  })
  const print = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await cli(repo.path, ['log', ...args], {
      nowMs: STARTED + 7_200_000,
    })
    t.equal(stderr, '')
    t.equal(exitCode, 0)
    return stdout
  }
  return { repo, run, print }
}

t.test('a format prints a line a run, with the fields of for-each-ref in mind', async (t) => {
  const { repo, run, print } = await story(t)
  const fields = async (format: string): Promise<string> => (await print(`--format=${format}`)).trimEnd()
  t.equal(await fields('%(run)'), run)
  t.equal(await fields('%(run:short) %(args:lr) %(metric:loss:last)'), `${run.slice(0, 7)} 0.01 -inf`)
  t.equal(
    await fields('%(metric:loss:first)|%(metric:loss)|%(metric:loss:count)'),
    '0.30000000000000004|-inf|3',
  )
  t.equal(await fields('%(metric:val:acc:max) %(metric:val:acc)'), '0.75 -0.0', 'a name may hold colons')
  t.equal(await fields('%(started) %(started:unix)'), `2026-11-20T12:30:00.000Z ${STARTED / 1000}`)
  t.equal(await fields('%(started:relative), %(duration) %(duration:short)'), '2 hours ago, 41 41s')
  t.equal(await fields('%(status) %(exit) %(branch) %(script)'), 'completed 0 main train.js')
  t.equal(await fields('%(commit) %(commit:short)'), `${repo.oid('HEAD')} ${repo.oid('HEAD').slice(0, 7)}`)
  t.equal(await fields('%(args)'), 'lr=0.01 opt="a b"')
  t.equal(await fields('100%% %41%09%(host)'), '100% A\tbox')
  t.equal(await fields('%(version:node)/%(version:none)'), '20.20.2/')
  t.equal(await print('-z', '--format=%(host)'), 'box\0')
  await recordRun(repo.path, { startedMs: 0, args: { other: 1 }, once: { rare: 1 } })
  t.equal(
    (await print('-n1', '--format=[%(metric:rare)] [%(args:other)] [%(signal)]')).trimEnd(),
    '[] [] []',
    'what this run has not, and another has',
  )
})

t.test('a format of a table has its columns as fields', async (t) => {
  const { repo, run, print } = await story(t)
  t.equal(
    await print('loss', 'lr', '--format=%(epoch) %(loss) %(lr) %(run:short)', '-n1'),
    `0 0.30000000000000004 0.01 ${run.slice(0, 7)}\n`,
  )
  t.equal(
    await print('max(loss)', '--format=%(max(loss))|%(value:max(loss))'),
    '0.30000000000000004|0.30000000000000004\n',
  )
  const fidelity = { status: 'diverged', compared: 3, equal: 1 } as const
  await recordBackfill(repo.path, run, { norm: [1] }, { patched: run, fidelity })
  t.equal(await print('norm', '--format=%(norm)%(mark:norm)'), '1!\n')
  t.equal(await print('--format=%(marks)%(metric:norm:mark)'), '!!\n')
})

t.test('a field that there is none of is refused, and so is what is no format', async (t) => {
  const { repo } = await story(t)
  const unknown = await cli(repo.path, ['log', '--format=%(stats)'])
  t.equal(unknown.exitCode, 129)
  t.equal(unknown.stdout, '')
  t.match(unknown.stderr, /unknown field %\(stats\)\nhint: did you mean %\(status\)\?/)
  const column = await cli(repo.path, ['log', 'loss', '--format=%(los)'])
  t.match(column.stderr, /unknown field %\(los\)\nhint: did you mean %\(loss\)\?/)
  const open = await cli(repo.path, ['log', '--format=ab %(run'])
  t.equal(open.exitCode, 129)
  t.match(open.stderr, /\n {4}ab %\(run\n {7}\^\n/)
  t.equal((await cli(repo.path, ['log', '--format=50% off'])).exitCode, 129)
})

t.test('a format that names what no run has logged is refused, with what may be meant', async (t) => {
  const { repo } = await story(t)
  const refused = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await cli(repo.path, ['log', ...args])
    t.strictSame([exitCode, stdout], [1, ''], args.join(' '))
    return stderr
  }
  t.match(await refused('--format=%(metric:los)'), 'no run has logged "los"')
  t.match(await refused('--format=%(metric:los:max)'), '\nhint: did you mean %(metric:loss:max)?\n')
  t.match(await refused('--format=%(metric:lr)'), '\nhint: did you mean %(args:lr)?\n', 'an argument')
  t.match(await refused('--format=%(args:op)'), 'no run has an argument "op"')
  t.match(await refused('--format=%(args:loss)'), '\nhint: did you mean %(metric:loss)?\n')
  t.match(await refused('loss', '--format=%(loss) %(metric:los)'), 'no run has logged "los"')
  const nothing = repository(t).commit('one')
  const { exitCode, stderr } = await cli(nothing.path, ['log', '--format=%(metric:los)'])
  t.strictSame([exitCode, stderr], [0, ''], 'without runs there is nothing to compare with')
})

t.test('JSON lines hold one run or row each', async (t) => {
  const { run, print } = await story(t)
  const runs = (await print('--jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(runs, [{ run, status: 'completed', args: [{ name: 'lr', value: 0.01 }, {}] }])
  const rows = (await print('loss', 'big', '--jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.strictSame(rows, [
    { run, epoch: 0, loss: 0.1 + 0.2, big: '1152921504606846976' },
    { run, epoch: 1, loss: 'NaN', big: '1152921504606846976' },
    { run, epoch: 2, loss: '-Infinity', big: '1152921504606846976' },
  ])
  t.equal((await print('loss', '--jsonl', '-z')).split('\0').length, 4)
})

t.test('JSON tells a null that was logged from a value that is missing', async (t) => {
  const { print } = await story(t)
  const { rows } = JSON.parse(await print('nothing', 'lr', 'loss', '--json', '-n1'))
  t.strictSame(rows[0].values.nothing, null)
  t.strictSame(rows[0].nulls, ['nothing'])
})

t.test('tab-separated values escape what would break a line', async (t) => {
  const { run, print } = await story(t)
  t.equal(
    await print('text', 'empty', 'yes', '--tsv'),
    `run\ttext\tempty\tyes\n${run}\ttab\\there\\nline \\\\ end\t\ttrue\n`,
  )
  t.equal(await print('text', '--tsv', '-z'), `run\ttext\0${run}\ttab\\there\\nline \\\\ end\0`)
})

t.test('CSV keeps an empty text apart from nothing, and dates and big integers whole', async (t) => {
  const { run, print } = await story(t)
  t.equal(
    await print('empty', 'nothing', 'when', 'big', '--csv'),
    `run,empty,nothing,when,big\n${run},"",,1970-01-01T00:00:00.001Z,1152921504606846976\n`,
  )
})

t.test(
  'CSV ends its lines with LF alone, on a terminal as in a pipe, and keeps line breaks inside values',
  async (t) => {
    const { repo, run, print } = await story(t)
    const piped = await print('empty', 'text', '--csv')
    t.equal(piped, `run,empty,text\n${run},"","tab\there\nline \\ end"\n`)
    const shown = await cli(repo.path, ['log', 'empty', 'text', '--csv'], { terminal: true, columns: 80 })
    t.equal(shown.stdout, piped)
  },
)

t.test('Parquet has a type for every column, and every value comes back as it was', async (t) => {
  const { repo, run } = await story(t)
  const path = join(repo.path, 'out.parquet')
  const names = ['loss', 'val:acc', 'lr', 'opt', 'big', 'when', 'text', 'nothing', 'yes', 'max(loss)']
  const written = await cli(repo.path, ['log', ...names, '--parquet', '-o', 'out.parquet'])
  t.equal(written.stdout + written.stderr, '')
  t.equal(written.exitCode, 0)
  const file = readFileSync(path)
  const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength)
  const metadata = parquetMetadata(buffer)
  const types = Object.fromEntries(
    metadata.schema.slice(1).map(({ name, type, converted_type }) => [name, converted_type ?? type]),
  )
  t.strictSame(types, {
    run: 'UTF8',
    epoch: 'INT64',
    loss: 'DOUBLE',
    'val:acc': 'DOUBLE',
    lr: 'DOUBLE',
    opt: 'UTF8',
    big: 'INT64',
    when: 'TIMESTAMP_MILLIS',
    text: 'UTF8',
    nothing: 'UTF8',
    yes: 'BOOLEAN',
    'max(loss)': 'DOUBLE',
  })
  const rows = await parquetReadObjects({ file: buffer })
  t.equal(rows.length, 3)
  t.match(rows[0], {
    run,
    epoch: 0n,
    loss: 0.1 + 0.2,
    lr: 0.01,
    opt: 'a b',
    big: 2n ** 60n,
    yes: true,
    nothing: null,
  })
  t.strictSame(rows[0]?.when, new Date(1))
  t.ok(Number.isNaN(rows[1]?.loss))
  t.equal(rows[2]?.loss, Number.NEGATIVE_INFINITY)
  t.ok(Object.is(rows[2]?.['val:acc'], -0), 'negative zero survives')
  t.equal(rows[0]?.text, 'tab\there\nline \\ end')
})

t.test('Parquet holds values of several kinds as JSON text, and what is missing as NULL', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { epochs: { x: [1, 'a', null, [1, Number.NaN]], y: [1, 2, 2n ** 80n] } })
  await cli(repo.path, ['log', 'x', 'y', '--parquet', '--output=o.parquet'])
  const file = readFileSync(join(repo.path, 'o.parquet'))
  const rows = await parquetReadObjects({
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength),
  })
  t.strictSame(
    rows.map((row) => row.x),
    ['1', '"a"', null, '[1,"NaN"]'],
  )
  t.strictSame(
    rows.map((row) => row.y),
    ['1', '2', '"1208925819614629174706176"', null],
  )
})

t.test('one form at a time, and bytes go to no terminal', async (t) => {
  const { repo } = await story(t)
  const refused: [string[], RegExp][] = [
    [['loss', '--json', '--csv'], /--json and --csv exclude each other/],
    [['loss', '--format=%(loss)', '--tsv'], /--tsv and --format exclude each other/],
    [['--oneline', '--jsonl'], /--oneline and --jsonl exclude each other/],
    [['loss', '--csv', '-z'], /-z has no meaning with --csv/],
    [['--csv'], /--csv needs names/],
    [['--parquet', '-o', 'x'], /--parquet needs names/],
    [['loss', '--oneline'], /--oneline lists runs/],
  ]
  for (const [args, message] of refused) {
    const { exitCode, stderr, stdout } = await cli(repo.path, ['log', ...args])
    t.equal(exitCode, 129, args.join(' '))
    t.match(stderr, message)
    t.equal(stdout, '')
  }
  const shown = await cli(repo.path, ['log', 'loss', '--parquet'], { terminal: true })
  t.equal(shown.exitCode, 129)
  t.match(shown.stderr, /--parquet prints no text: add --output <file>/)
  t.equal(shown.stdout, '')
})

t.test('a file takes the output once it is whole', async (t) => {
  const { repo, print } = await story(t)
  const path = join(repo.path, 'loss.csv')
  writeFileSync(path, 'older, and longer than what comes now '.repeat(9), { mode: 0o600 })
  symlinkSync('loss.csv', join(repo.path, 'link.csv'))
  t.equal(await print('loss', '--csv', '-o', 'link.csv'), '')
  t.match(readFileSync(path, 'utf8'), /^run,epoch,loss\n/)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.ok(lstatSync(join(repo.path, 'link.csv')).isSymbolicLink())
  const before = readFileSync(path, 'utf8')
  t.equal(
    (await cli(repo.path, ['log', 'loss', '--where', "loss = 'x'", '--csv', '-o', 'loss.csv'])).exitCode,
    1,
  )
  t.equal((await cli(repo.path, ['log', '--format=%(nope)', '-o', 'loss.csv'])).exitCode, 129)
  t.equal(readFileSync(path, 'utf8'), before, 'a failure leaves what was there')
  const nowhere = await cli(repo.path, ['log', '--json', '-o', 'no/such.json'])
  t.equal(nowhere.exitCode, 1)
  t.match(
    nowhere.stderr,
    /cannot write 'no\/such.json'\ncaused by: ENOENT: no such file or directory\nhint: /,
  )
  t.notOk(existsSync(join(repo.path, 'no')))
  t.strictSame(
    readdirSync(repo.path).filter((name) => name.endsWith('.tmp')),
    [],
  )
  t.match(await print('loss', '--csv', '-o', '-'), /^run,epoch,loss\n/)
  t.equal(await print('-o', '/dev/null'), '')
  t.ok(lstatSync('/dev/null').isCharacterDevice())
})

t.test('stored text is as it is in a pipe, and harmless on a terminal', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { once: { note: '\u001b[2Jx' }, args: { arg: '\u001b]0;y' } })
  for (const args of [
    ['note', '--csv'],
    ['note', '--tsv'],
    ['note', '--format=%(note)'],
    ['--format=%(args:arg)'],
  ]) {
    t.match((await cli(repo.path, ['log', ...args])).stdout, '\u001b')
    t.notMatch((await cli(repo.path, ['log', ...args], { terminal: true })).stdout, '\u001b')
  }
})

t.test('a closed pipe ends every form quietly', async (t) => {
  const repo = repository(t).commit('one')
  const values = Array.from({ length: 20_000 }, (_, i) => i / 7)
  await recordRun(repo.path, { epochs: { loss: values } })
  for (const form of ['--csv', '--tsv', '--json', '--jsonl', '--format=%(loss)', '--parquet']) {
    const { exitCode, stderr } = await cli(repo.path, ['log', 'loss', form], {
      closeAfter: form === '--parquet' ? 0 : 1,
    })
    t.equal(exitCode, 141, form)
    t.equal(stderr, '')
  }
})

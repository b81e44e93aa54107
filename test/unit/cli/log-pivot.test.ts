import t from 'tap'
import { displayWidth } from '../../../lib/cli/render/width.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordBackfill, recordRun } from './record-run.js'

const story = async (t: Parameters<typeof repository>[0]) => {
  const repo = repository(t).write('train.js', '// 1\n').commit('one')
  const older = await recordRun(repo.path, {
    args: { lr: 0.01 },
    epochs: { loss: [2.5, 1.25, 0.1 + 0.2], val_acc: [0.5, 0.75, 0.875] },
  })
  const newer = await recordRun(repo.path, {
    args: { lr: 0.5 },
    epochs: { loss: [2.5, Number.NaN, Number.POSITIVE_INFINITY] },
  })
  return { repo, older, newer, short: (run: string) => run.slice(0, 7) }
}

t.test('named values become one table, coarser ones joined down', async (t) => {
  const { repo, older, newer, short } = await story(t)
  const { stdout, exitCode, stderr } = await cli(repo.path, ['log', 'lr', 'loss', 'val_acc'])
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  t.strictSame(stdout.trimEnd().split('\n'), [
    'run      epoch    lr  loss  val_acc',
    `${short(newer)}      0   0.5   2.5`,
    `${short(newer)}      1   0.5   NaN`,
    `${short(newer)}      2   0.5   inf`,
    `${short(older)}      0  0.01   2.5      0.5`,
    `${short(older)}      1  0.01  1.25     0.75`,
    `${short(older)}      2  0.01   0.3    0.875`,
  ])
})

t.test('where, sort and -n choose rows', async (t) => {
  const { repo } = await story(t)
  const losses = async (...args: string[]): Promise<unknown[]> => {
    const { stdout, stderr } = await cli(repo.path, ['log', 'loss', '--json', ...args])
    t.equal(stderr, '')
    return JSON.parse(stdout).rows.map((row: { values: { loss: unknown } }) => row.values.loss)
  }
  t.strictSame(await losses('--where', 'lr < 0.1 and epoch >= 1'), [1.25, 0.1 + 0.2])
  t.strictSame(await losses('--where=loss is nan'), ['NaN'])
  t.strictSame(await losses('--where', 'lr < 0.1', '--sort', 'loss'), [0.1 + 0.2, 1.25, 2.5])
  t.equal((await losses('--sort', '-loss', '-n', '1')).length, 1)
})

t.test('CSV and JSON keep every number exactly', async (t) => {
  const { repo, older, newer } = await story(t)
  const csv = await cli(repo.path, ['log', 'loss', '--csv'])
  t.strictSame(csv.stdout.split('\n'), [
    'run,epoch,loss',
    `${newer},0,2.5`,
    `${newer},1,NaN`,
    `${newer},2,inf`,
    `${older},0,2.5`,
    `${older},1,1.25`,
    `${older},2,0.30000000000000004`,
    '',
  ])
  const json = JSON.parse((await cli(repo.path, ['log', 'loss', '--json'])).stdout)
  t.equal(json.version, 1)
  t.equal(json.kind, 'table')
  t.strictSame(json.columns, [
    { name: 'run', kind: 'run' },
    { name: 'epoch', kind: 'loop' },
    { name: 'loss', kind: 'value' },
  ])
  t.strictSame(json.rows[2].values, { run: newer, epoch: 2, loss: 'Infinity' })
})

t.test('backfilled values name the patched commit they came from', async (t) => {
  const { repo, older, newer, short } = await story(t)
  const fidelity = { status: 'identical', compared: 3, equal: 3 } as const
  await recordBackfill(repo.path, older, { norm: [1, 2, 3] }, { patched: newer, fidelity })
  const first = { name: 'loss', context: 'epoch=1', recorded: 1, replayed: 2 }
  await recordBackfill(
    repo.path,
    newer,
    { norm: [4, 5, 6] },
    { patched: older, fidelity: { ...fidelity, status: 'diverged', first } },
  )
  const { stdout } = await cli(repo.path, ['log', 'norm'])
  t.match(stdout, /^run {6}epoch {2}norm\*$/m)
  t.match(stdout, new RegExp(`^${short(newer)} {6}0 {5}4!$`, 'm'))
  t.match(stdout, new RegExp(`^${short(older)} {6}0 {5} {1}1$`, 'm'))
  t.match(stdout, `* backfilled (${short(older)} by patched commit ${short(newer)}; fidelity identical)`)
  t.match(
    stdout,
    `! backfilled (${short(newer)} by patched commit ${short(older)}; fidelity diverged: loss at epoch=1 was 1, replayed 2 (`,
  )
  const json = JSON.parse((await cli(repo.path, ['log', 'norm', '--json', '--where', 'lr < 0.1'])).stdout)
  t.match(json.rows[0].backfilled.norm, {
    kind: 'backfilled',
    patched: newer,
    fidelity: { status: 'identical' },
  })
})

t.test('attributes of runs are names as well', async (t) => {
  const { repo } = await story(t)
  const { stdout } = await cli(repo.path, ['log', 'status', 'duration', 'started', 'branch'])
  t.match(stdout, /^run +status +duration +started +branch$/m)
  t.match(stdout, /completed +41s +2026-11-01 00:\d\d:00 \+0000 +main$/m)
})

t.test('a table too wide for the terminal goes on below, whole', async (t) => {
  const { repo } = await story(t)
  const { stdout } = await cli(repo.path, ['log', 'lr', 'loss', 'val_acc', 'status', 'script'], {
    terminal: true,
    columns: 40,
  })
  for (const line of stdout.split('\n')) t.ok(displayWidth(line) <= 40, line)
  for (const title of ['lr', 'loss', 'val_acc', 'status', 'script'])
    t.match(stdout, new RegExp(`\\b${title}\\b`))
})

t.test('stored text cannot act upon the terminal, and CSV keeps it exactly', async (t) => {
  const repo = repository(t).commit('one')
  const text = '\u001b[2J "quoted", \u202e\nnext'
  await recordRun(repo.path, { once: { note: text } })
  const table = await cli(repo.path, ['log', 'note'])
  t.notMatch(table.stdout, /[\u001b\u202e]/)
  t.match(table.stdout, '\\e[2J')
  const csv = await cli(repo.path, ['log', 'note', '--csv'])
  t.match(csv.stdout, `"${text.replaceAll('"', '""')}"`)
})

t.test('a table keeps its shape whatever names and values are', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, {
    args: { opt: 'אדם', 模型: '🎉👨‍👩‍👧' },
    epochs: {
      שלום: ['مرحبا بالعالم', 'x'],
      emoji: ['🇩🇪👍🏽', '🎉'],
      '\u001b[2J\u0007': [1, 2],
      ['n'.repeat(300)]: [0.123456789, 2],
      huge: ['x'.repeat(5000), '模'.repeat(5000)],
    },
  })
  const names = ['שלום', 'emoji', '\u001b[2J\u0007', 'n'.repeat(300), 'huge', 'opt', '模型']
  for (const columns of [40, 80, 200]) {
    const { stdout, exitCode } = await cli(repo.path, ['log', ...names], { terminal: true, columns })
    t.equal(exitCode, 0)
    t.notMatch(stdout, /[\u001b\u0007]/)
    for (const block of stdout.trimEnd().split('\n\n')) {
      const lines = block.split('\n')
      t.equal(lines.length, 3)
      for (const line of lines) t.ok(displayWidth(line) <= columns, `${columns}: ${line}`)
    }
    t.match(stdout, '0.123457', 'numbers are never cut')
    t.match(stdout, /x{7,}…/, 'what is cut is marked')
    t.match(stdout, '\u2068אדם\u2069')
  }
  const whole = await cli(repo.path, ['log', 'huge', '--jsonl', '-n1'])
  t.equal(JSON.parse(whole.stdout).huge.length, 5000, 'whole in data')
})

t.test('text beside a number is refused with both named, and the place shown', async (t) => {
  const { repo } = await story(t)
  for (const args of [['loss'], []]) {
    const { stderr, exitCode } = await cli(repo.path, ['log', ...args, '--where', "lr > 0 and 'x' < lr"])
    t.equal(exitCode, 1)
    t.match(
      stderr,
      /^error: the text 'x' cannot be compared with lr \(the number 0\.\d+\)\n {4}lr > 0 and 'x' < lr\n {19}\^\nhint: /,
    )
  }
})

t.test('a name never logged is refused with the nearest one', async (t) => {
  const { repo } = await story(t)
  const unknown = await cli(repo.path, ['log', 'val_ac'])
  t.equal(unknown.exitCode, 1)
  t.equal(unknown.stdout, '')
  t.match(unknown.stderr, /no run has logged "val_ac"\nhint: did you mean val_acc\? {4}git flor log val_acc/)
  const text = await cli(repo.path, ['log', 'loss', '--where', "loss = 'x'"])
  t.equal(text.exitCode, 1)
  t.match(text.stderr, /cannot be compared/)
  const none = await cli(repo.path, ['log', 'loss', '--where', 'loss > 100 and epoch < 0'])
  t.equal(none.exitCode, 0)
  t.match(none.stderr, /no row fits/)
})

t.test('a closed pipe in the middle of a large table ends quietly', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { epochs: { loss: Array.from({ length: 20_000 }, (_, i) => i / 7) } })
  const result = await cli(repo.path, ['log', 'loss', '--csv'], { closeAfter: 1 })
  t.equal(result.exitCode, 141)
  t.equal(result.stderr, '')
})

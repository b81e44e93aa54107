import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parquetReadObjects } from 'hyparquet'
import t from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { project } from '../support/training.js'

const command = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))

/** The bundled command in PATH, so that `git flor` finds it. */
const bin = temporaryFolder(undefined, 'flor-bin-')
mkdirSync(bin, { recursive: true })
symlinkSync(command, join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`

const TRAINING = `import * as flor from 'git-flor'
const lr = flor.arg('lr', 0.5)
let w = 1
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const step of flor.loop('step', [0, 1])) flor.log('loss', (w *= 1 - lr))
  flor.log('val/acc', 1 - w)
}
flor.log('big', 2n ** 60n)
flor.log('edge', -0)
`

t.test('two versions are trained, and every output of the real command holds what they logged', async (t) => {
  const repo = project(t, { 'train.js': TRAINING })
  const flor = (...args: string[]): string =>
    execFileSync('git', ['flor', ...args], {
      cwd: repo.path,
      encoding: 'utf8',
      env: { ...process.env, FLOR_SEAL: 'later' },
    })
  flor('run', '-q', '--', 'node', 'train.js')
  repo.do('switch', '-q', '-c', 'feature')
  repo.write('train.js', `${TRAINING}// faster\n`)
  flor('run', '-q', '--set', 'lr=0.75', '--', 'node', 'train.js')
  repo.commit('faster')

  t.equal(
    flor('log', '--format=%(args:lr) %(metric:loss:last)%(edits)'),
    '0.75 0.000244140625+edits\n0.5 0.015625\n',
  )
  const ranges: [string, string][] = [
    ['main..feature', '0.75\n'],
    ['main', '0.75\n0.5\n'],
    ['feature^!', '0.75\n'],
    ['feature..main', ''],
  ]
  for (const [range, lrs] of ranges) t.equal(flor('log', range, '--format=%(args:lr)'), lrs, range)
  t.equal(
    flor(
      'log',
      'lr',
      'mean(loss) by epoch',
      'val/acc',
      '--where',
      'min(loss) by epoch < 0.05 and lr = 0.5',
      '--tsv',
    ).replace(/^[0-9a-f]{40}/gm, 'R'),
    'run\tepoch\tlr\tmean(loss) by epoch\tval/acc\nR\t2\t0.5\t0.0234375\t0.984375\n',
  )
  t.equal(
    flor(
      'log',
      'lr',
      'last(loss)',
      'p50(loss)',
      '--sort',
      'min(loss)',
      '--format=%(lr) %(last(loss)) %(p50(loss))',
    ),
    '0.75 0.000244140625 0.009765625\n0.5 0.015625 0.09375\n',
  )
  flor('log', 'loss', 'val/acc', 'big', 'edge', '--parquet', '-o', 'out.parquet')
  const file = readFileSync(join(repo.path, 'out.parquet'))
  const rows = await parquetReadObjects({
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength),
  })
  const lines = flor('log', 'loss', 'val/acc', 'big', 'edge', '--jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.equal(rows.length, 12)
  t.strictSame(
    rows.map((row) => ({ ...row, epoch: Number(row.epoch), step: Number(row.step), big: String(row.big) })),
    lines,
  )
  t.ok(rows.every((row) => Object.is(row.edge, -0) && row.big === 2n ** 60n))
})

t.test('a reader that has gone ends it with 141 and without a word, a full disk with a word', async (t) => {
  const many = TRAINING.replace('[0, 1, 2]', 'Array.from({ length: 3000 }, (_, i) => i)')
  const repo = project(t, { 'train.js': many })
  execFileSync('git', ['flor', 'run', '-q', '--', 'node', 'train.js'], { cwd: repo.path })
  for (const form of ['--csv', '--jsonl', '--json', '--format=%(run) %(loss)', '-z']) {
    const script = `git flor log loss '${form}' | head -c 20 > /dev/null; echo "\${PIPESTATUS[0]}"`
    const piped = spawnSync('bash', ['-c', script], { cwd: repo.path, encoding: 'utf8' })
    t.equal(piped.stderr, '')
    t.equal(piped.stdout, '141\n', form)
  }
  const large = project(t, {
    'train.js':
      "import * as flor from 'git-flor'\nflor.log('huge', 'x'.repeat(10_000_000))\nflor.log('n', 1)\n",
  })
  execFileSync('git', ['flor', 'run', '-q', '--', 'node', 'train.js'], { cwd: large.path })
  const shown = execFileSync('git', ['flor', 'log', 'huge', 'n'], { cwd: large.path, encoding: 'utf8' })
  t.match(
    shown.trimEnd().split('\n')[1],
    /^[0-9a-f]{7} {2}x+… {2,3}1$/,
    'ten million characters are cut to a line',
  )
  const script = 'git flor log huge --csv | wc -m'
  t.equal(
    spawnSync('bash', ['-c', script], {
      cwd: large.path,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    }).stdout.trim(),
    String(9 + 41 + 10_000_000 + 1),
    'and whole as data',
  )
  const full = spawnSync('bash', ['-c', 'git flor log loss --csv > /dev/full'], {
    cwd: repo.path,
    encoding: 'utf8',
  })
  t.equal(full.status, 128)
  t.match(full.stderr, /^error: the output cannot be written\ncaused by: ENOSPC/)
})

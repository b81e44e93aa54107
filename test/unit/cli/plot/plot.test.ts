import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import t from 'tap'
import { displayWidth } from '../../../../lib/cli/render/width.js'
import { repository } from '../../../support/repository.js'
import { cli } from '../harness.js'
import { recordRun } from '../record-run.js'

const UTF8 = { env: { LC_ALL: 'C.UTF-8' } }

const story = async (t: Parameters<typeof repository>[0]) => {
  const repo = repository(t).commit('one')
  const runs: string[] = []
  for (const lr of [0.1, 0.5, 0.1]) {
    const loss = Array.from({ length: 20 }, (_, i) => (1 + runs.length) / (i + 1))
    runs.push(
      await recordRun(repo.path, {
        args: { lr, opt: 'sgd' },
        epochs: { loss, acc: loss },
        once: { size: 3 + runs.length },
      }),
    )
  }
  return { repo, runs }
}

t.test('plot draws a line a run, and names what tells the runs apart', async (t) => {
  const { repo, runs } = await story(t)
  for (const columns of [40, 80]) {
    const { stdout, exitCode, stderr } = await cli(repo.path, ['plot', 'loss'], { ...UTF8, columns })
    t.equal(exitCode, 0, stderr)
    t.match(stdout, /^loss +x: epoch\n/)
    for (const run of runs) t.match(stdout, run.slice(0, 7))
    t.match(stdout, /lr=0\.5/)
    t.notMatch(stdout, /opt=sgd/, 'which all of them have')
    for (const line of stdout.split('\n')) t.ok(displayWidth(line) <= columns, line)
  }
  const both = await cli(repo.path, ['plot', 'loss', 'acc', '-n', '1'], UTF8)
  t.match(both.stdout, /^loss .*\n[\s\S]*^acc /m, 'a chart a name')
  t.notMatch(both.stdout, runs[0]?.slice(0, 7))
})

t.test('plot --by groups runs by an argument, and values outside all loops lie over the runs', async (t) => {
  const { repo } = await story(t)
  const grouped = await cli(repo.path, ['plot', 'loss', '--by', 'lr'], UTF8)
  t.match(grouped.stdout, /lr=0\.1 \(2 runs\) +b lr=0\.5 \(1 run\)/)
  t.match((await cli(repo.path, ['plot', 'size'], UTF8)).stdout, /^size +x: runs, oldest first\n/)
  const folds = await cli(
    repo.path,
    ['plot', 'loss', '--by', 'epoch', '-n', '1', '--where', 'epoch < 2'],
    UTF8,
  )
  t.match(folds.stdout, /epoch=0 +b epoch=1/)
})

t.test('in a locale without UTF-8 plot prints ASCII only', async (t) => {
  const { repo } = await story(t)
  const { stdout } = await cli(repo.path, ['plot', 'loss', 'acc'], { env: { LC_ALL: 'C' } })
  t.match(stdout, /^[\n\x20-\x7e]*$/)
})

t.test('plot says what it cannot draw, and why', async (t) => {
  const { repo } = await story(t)
  await recordRun(repo.path, { epochs: { note: ['a', 'b'], level: [-1, 0, 1] } })
  const failure = async (...args: string[]) => cli(repo.path, ['plot', ...args], UTF8)
  const unknown = await failure('los')
  t.equal(unknown.exitCode, 1)
  t.match(unknown.stderr, /no run has logged "los"\nhint: did you mean loss\?/)
  t.match(
    (await failure('loss', '--x', 'epohc')).stderr,
    /'epohc' is no loop around these values.*\nhint: --x takes epoch, step, time/,
  )
  t.match((await failure('loss', '--x', 'lr')).stderr, /\nhint: .* git flor plot <name> --by lr\n/)
  const aggregate = await failure('max(loss)')
  t.equal(aggregate.exitCode, 129)
  t.match(
    aggregate.stderr,
    /^error: 'max\(loss\)' is an aggregate, .*\nhint: git flor plot loss .* git flor log 'max\(loss\)' /,
  )
  t.match((await failure('loss', '--by', 'lrr')).stderr, /called 'lrr'/)
  t.match((await failure('loss', '--where', 'lrr > 1')).stderr, /no run has logged "lrr"/)
  const text = await failure('note')
  t.equal(text.exitCode, 1)
  t.match(text.stderr, /^warning: note holds no numbers$/m)
  const log = await failure('level', '--log')
  t.match(log.stderr, /^warning: 2 values of level cannot be shown on a logarithmic scale/m)
  t.match((await failure('loss', '--x', 'time')).stderr, /loss cannot be placed over seconds since the start/)
  const none = await failure('loss', '--where', 'lr > 7')
  t.equal(none.exitCode, 0)
  t.match(none.stderr, /no value of loss fits/)
  t.equal((await failure('loss', '-o', 'chart.png')).exitCode, 129)
  t.equal((await cli(repository(t).commit('one').path, ['plot', 'loss'])).exitCode, 1)
})

t.test(
  'plot -o writes an SVG file whole, in place of what is there, and everything in it is escaped',
  async (t) => {
    const { repo } = await story(t)
    await recordRun(repo.path, {
      args: { lr: '</svg><script>alert(1)</script>\u001b[31m' },
      epochs: { 'a<b>&"': [1, 2, Number.NaN, Number.POSITIVE_INFINITY, 3] },
    })
    const path = join(repo.path, 'out.svg')
    writeFileSync(path, 'what was there')
    const { exitCode, stdout, stderr } = await cli(repo.path, [
      'plot',
      'a<b>&"',
      '--by',
      'lr',
      '-o',
      'out.svg',
    ])
    t.equal(exitCode, 0, stderr)
    t.equal(stdout, '')
    const svg = readFileSync(path, 'utf8')
    t.match(svg, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<svg xmlns=[\s\S]*<\/svg>\n$/)
    t.match(svg, '<title id="title">a&lt;b&gt;&amp;&quot;</title>')
    t.notMatch(svg, /<script|\u001b/)
    t.match(svg, /prefers-color-scheme:dark/)
    t.match(svg, /class="dot c0"/, 'the infinity and the single point')
    t.strictSame(
      readdirSync(repo.path).filter((name) => name.endsWith('.tmp')),
      [],
    )
    const failed = await cli(repo.path, ['plot', 'loss', '-o', 'nowhere/out.svg'])
    t.equal(failed.exitCode, 1)
    t.match(
      failed.stderr,
      /^error: cannot write 'nowhere\/out\.svg'\ncaused by: ENOENT: no such file or directory\nhint: --output <file> /,
      'without the name of a file of ours',
    )
  },
)

t.test(
  'plot -o writes a page that asks the network for nothing, with exact values for its script',
  async (t) => {
    const { repo } = await story(t)
    await recordRun(repo.path, { args: { lr: '</script><b>' }, epochs: { third: [1 / 3, 1e-300, -0] } })
    t.equal((await cli(repo.path, ['plot', 'third', '--by', 'lr', '-o', 'out.html'])).exitCode, 0)
    const html = readFileSync(join(repo.path, 'out.html'), 'utf8')
    t.match(html, /^<!doctype html>\n<html lang="en">/)
    t.match(html, /default-src 'none'/)
    t.notMatch(html.replaceAll('http://www.w3.org/2000/svg', ''), /https?:|src=|@import|url\(/)
    t.equal(html.match(/<script/g)?.length, 2)
    const points = JSON.parse(
      /<script type="application\/json" id="points">(.*?)<\/script>/.exec(html)?.[1] ?? '',
    )
    t.strictSame(
      points.panels[0].lines[0].points.map((point: unknown[]) => point.slice(2)),
      [
        ['0', '0.3333333333333333'],
        ['1', '1e-300'],
        ['2', '-0'],
      ],
    )
    t.match(html, '<td>0.3333333333333333</td>')
    t.doesNotThrow(() => new Script(/<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? 'no script('))
  },
)

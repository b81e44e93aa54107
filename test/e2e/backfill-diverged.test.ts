import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import type { TestRepository } from '../support/repository.js'
import { project, startTraining, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

const request = ['weights[0] * 2 as twice', '--in', 'epoch', '--yes']

const script = (body: string, before = ''): string => `import * as flor from 'git-flor'
${before}const weights = new Float64Array([1])
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
${body}}
`

/** What every view tells of the replays of the only run. */
async function views(
  t: Test,
  repo: TestRepository,
): Promise<{ log: string; list: string; show: string; json: never }> {
  const [log, list, show, json] = [
    await cli(repo.path, ['log', 'twice'], { columns: 200 }),
    await cli(repo.path, ['log']),
    await cli(repo.path, ['show'], { columns: 200 }),
    await cli(repo.path, ['show', '--json']),
  ]
  t.equal(log.exitCode, 0, log.stderr)
  return { log: log.stdout, list: list.stdout, show: show.stdout, json: JSON.parse(json.stdout) as never }
}

test('a training that asks a server for its learning rate is caught: what the server says has changed', async (t) => {
  let asked = 0
  const server = createServer((_request, response) => response.end(String(1 / ++asked)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const repo = project(t, {
    // In a way that the analysis does not see: what it sees is refused.
    'train.js': script(
      `  const rate = Number(await (await ask('http://127.0.0.1:${port}/')).text())
  weights[0] *= rate
  flor.log('loss', weights[0])
`,
      "const ask = globalThis[['fet', 'ch'].join('')]\n",
    ),
  })
  const training = startTraining(repo)
  await once(training, 'exit')
  t.equal(asked, 3)
  const done = await cli(repo.path, ['backfill', ...request, '--json'])
  t.equal(done.exitCode, 0, done.stderr)
  t.ok(asked > 3, 'the replay asked the server itself')
  const { tasks } = JSON.parse(done.stdout)
  t.match(tasks, [
    {
      status: 'done',
      fidelity: {
        status: 'diverged',
        first: { name: 'loss', context: 'epoch=0', recorded: 1, replayed: 0.25 },
      },
    },
  ])
  t.match(
    done.stderr,
    /fidelity: diverged: loss at epoch=0 was 1, replayed 0\.25 \(0 of 3 identical, state identical at \d of \d checkpoints\)/,
  )
  const { log, list, show, json } = await views(t, repo)
  t.match(log, /^[0-9a-f]{7} +0 +0\.5!$/m, 'its values are marked')
  t.match(
    log,
    /^! backfilled \(.*; fidelity diverged: loss at epoch=0 was 1, replayed 0\.25 \(0 of 3 identical, state identical at \d of \d checkpoints\)\)$/m,
  )
  t.match(list, /twice!/)
  t.match(
    show,
    /twice by patched commit .*fidelity diverged: loss at epoch=0 was 1, replayed 0\.25 \(0 of 3 identical, state identical at \d of \d checkpoints\)/,
  )
  t.match(json, {
    runs: [
      {
        backfills: [
          { fidelity: { status: 'diverged', first: { name: 'loss', recorded: 1, replayed: 0.25 } } },
        ],
      },
    ],
  })
})

test('a training that is seen to ask the network is refused: the answer of then cannot be had again', async (t) => {
  const repo = project(t, {
    'train.js': script(`  const rate = Number(await (await fetch('data:,0.5')).text())
  weights[0] *= rate
  flor.log('loss', weights[0])
`),
  })
  train(repo)
  const { stdout, exitCode } = await cli(repo.path, ['backfill', ...request])
  t.equal(exitCode, 1)
  t.match(stdout, /refused: it reads `fetch`: what that gave in the past run\s+cannot\s+be had again/)
})

test('a clock in what was recorded shows as the first difference', async (t) => {
  const repo = project(t, {
    'train.js': script("  weights[0] += 1\n  flor.log('at', Date.now())\n  flor.log('loss', weights[0])\n"),
  })
  train(repo)
  const done = await cli(repo.path, ['backfill', ...request, '--json'])
  const [task] = JSON.parse(done.stdout).tasks
  t.match(task.fidelity, {
    status: 'diverged',
    compared: 6,
    equal: 3,
    first: { name: 'at', context: 'epoch=0' },
  })
  t.ok(task.fidelity.first.recorded < task.fidelity.first.replayed)
  t.match(
    (await views(t, repo)).show,
    /fidelity diverged: at at epoch=0 was \d+, replayed \d+ \(3 of 6 identical, state/,
  )
})

test('a statement that reads a clock itself is refused', async (t) => {
  const repo = project(t, { 'train.js': script("  weights[0] += 1\n  flor.log('loss', weights[0])\n") })
  train(repo)
  for (const expression of [
    'Date.now() as now',
    'new Date().getTime() as now',
    'weights[0] + performance.now() as now',
  ]) {
    const { stdout, exitCode } = await cli(repo.path, ['backfill', expression, '--in', 'epoch', '--yes'])
    t.equal(exitCode, 1, expression)
    t.match(
      stdout,
      /refused: it reads `(Date|performance)`: what that gave in the past run\s+cannot\s+be had again/,
      expression,
    )
  }
})

test('numbers that are as near as --tolerance allows are told apart from identical ones', async (t) => {
  const repo = project(t, {
    'train.js': script(`  weights[0] += 1
  flor.log('loss', weights[0] + (process.env.SHIFT === undefined ? 1e-9 : 0))
  flor.log('size', 1)
`),
  })
  train(repo, { env: { SHIFT: '1' } })
  const done = await cli(repo.path, ['backfill', ...request, '--tolerance', '1e-6'])
  t.match(done.stderr, /fidelity: within the tolerance \(3 of 6 identical, state/)
  const { log, show, json } = await views(t, repo)
  t.match(log, /^\* backfilled \(.*; fidelity within the tolerance \(3 of 6 identical, state.*\)$/m)
  t.match(show, /fidelity within the tolerance \(3 of 6 identical, state/)
  t.match(json, {
    runs: [{ backfills: [{ fidelity: { status: 'within-tolerance', compared: 6, equal: 3 } }] }],
  })
})

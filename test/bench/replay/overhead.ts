// What recording adds to the training of a model of a million parameters, checkpoints included, at the default budget.
import { fileURLToPath } from 'node:url'
import { type BenchRow, formatBench, median } from '../table.js'
import { BenchProject } from './bench-project.js'

const rounds = 3

/** About two minutes: trainings with and without recording in turn, and one that watches its own thread. */
export function benchOverhead(): BenchRow[] {
  return [...slowdown(), blocking()]
}

interface Spent {
  /** From `checkpointing` to the end of the main loop. */
  readonly loopMs: number
  /** User and system time of the whole process, its threads included. */
  readonly cpuMs: number
}

function slowdown(): BenchRow[] {
  const project = new BenchProject()
  // 784 x 1280 and 1280 x 10 weights.
  const args = ['hidden=1280', 'epochs=8', 'steps=24']
  const on: Spent[] = []
  const off: Spent[] = []
  for (let round = 0; round < rounds; round++) {
    off.push(JSON.parse(project.train(args, { FLOR: 'off' }).stdout))
    on.push(JSON.parse(project.train(args).stdout))
  }
  // The fastest of each: what other processes take comes on top of both, and not evenly.
  return (['loopMs', 'cpuMs'] as const).map((measure) => {
    const least = (all: readonly Spent[]) => Math.min(...all.map((spent) => spent[measure]))
    const share = least(on) / least(off) - 1
    return {
      what: `a training of 1M parameters, checkpoints included: ${measure === 'loopMs' ? 'time of its loop' : 'processor time'}`,
      measured: `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`,
      baseline: `FLOR=off: ${least(off).toFixed(0)} ms`,
      goal: measure === 'loopMs' ? '<= 1 %' : '',
      reached: share <= 0.01,
    }
  })
}

function blocking(): BenchRow {
  const project = new BenchProject('replay-blocking.mjs')
  const { copies, bounds } = JSON.parse(project.train().stdout) as Record<'copies' | 'bounds', number[]>
  const longest = Math.max(...bounds)
  return {
    what: 'longest stop of the training thread at the end of an epoch, 1M parameters',
    // The longest of twelve tells of the machine, too: a thread that has to wait for a processor stands still.
    measured: `${longest.toFixed(1)} ms, median ${median(bounds).toFixed(1)} ms`,
    baseline: `copying the bytes: ${median(copies).toFixed(1)} ms`,
    goal: '<= copying + 5 ms',
    reached: longest <= median(copies) + 5,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(benchOverhead()))

// What recording adds to the training of a model of a million parameters, checkpoints included, at the default budget.
import { fileURLToPath } from 'node:url'
import { type BenchRow, formatBench, median } from '../table.js'
import { BenchProject } from './bench-project.js'

const pairs = 10

/** About five minutes: trainings with and without recording in turn, and one that watches its own thread. */
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
  const args = ['hidden=1280', 'epochs=12', 'steps=24']
  const train = (isRecorded: boolean): Spent =>
    JSON.parse(project.train(args, isRecorded ? {} : { FLOR: 'off' }).stdout)
  const spent = Array.from({ length: pairs }, (_, pair) => {
    // Which comes first alternates, so that a machine that grows slower or faster favours neither.
    const recordedFirst = pair % 2 === 0
    const [first, second] = [train(recordedFirst), train(!recordedFirst)]
    return recordedFirst ? { on: first, off: second } : { on: second, off: first }
  })
  return (['loopMs', 'cpuMs'] as const).map((measure) => {
    const shares = spent.map(({ on, off }) => on[measure] / off[measure] - 1)
    const [low, middle, high] = quartiles(shares)
    return {
      what: `a training of 1M parameters, checkpoints included: ${measure === 'loopMs' ? 'time of its loop' : 'processor time'}`,
      measured: `${percent(middle)}, middle half of ${pairs} pairs ${percent(low)} to ${percent(high)}`,
      baseline: `FLOR=off: ${median(spent.map(({ off }) => off[measure])).toFixed(0)} ms`,
      goal: measure === 'loopMs' ? '<= 1 %' : '',
      reached: middle <= 0.01,
    }
  })
}

/** Of one training to the next the machine itself varies by some per cent: the middle of many pairs tells, with how far they lie apart. */
function quartiles(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return [at(0.25), (at(0.499) + at(0.501)) / 2, at(0.75)]
}

const percent = (share: number): string => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`

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

// What values cost that need little of a past run: levels `skip` and `prefix` beside the training itself.
import { fileURLToPath } from 'node:url'
import { type BenchRow, formatBench } from '../table.js'
import { BenchProject } from './bench-project.js'

interface BackfillJson {
  readonly values: number
  /** From the agreement to the end: worktree, process, publishing. */
  readonly durationMs: number
}

/** One training of about half a minute, then two backfills of it; the whole command is measured. */
export function benchLevels(): BenchRow[] {
  const project = new BenchProject()
  // So that every iteration has its checkpoints, whatever else this machine does: what they cost is another row.
  project.repository.config('flor.overhead', '0.5')
  const args = ['epochs=16', 'steps=240']
  const trainingMs = project.train(args).ms
  project.flor('seal')
  return [skip(project, trainingMs), ...prefix(project)]
}

function skip(project: BenchProject, trainingMs: number): BenchRow {
  project.insert("  flor.log('first_layer', norm(net.w1))", "flor.log('weights'")
  const level = plannedLevel(project, 'first_layer')
  const { stdout, ms } = project.flor('backfill', 'first_layer', '--yes', '--json')
  const { values, durationMs } = JSON.parse(stdout) as BackfillJson
  if (values !== 1 || level !== 'prefix') throw new Error(`${values} values at level ${level}`)
  const baseline = `the prefix as a process: ${prefixMs.toFixed(0)} ms`
  const beyond = (duration: number) =>
    `${duration.toFixed(0)} ms = the prefix + ${(duration - prefixMs).toFixed(0)} ms`
  return [
    {
      what: 'a value from before the main loop, from the agreement to the end',
      measured: beyond(durationMs),
      baseline,
      goal: '<= + 300 ms',
      reached: durationMs <= prefixMs + 300,
    },
    {
      what: 'the same, whole command, planning included',
      measured: beyond(ms),
      baseline,
      goal: '',
      reached: true,
    },
  ]
}

function plannedLevel(project: BenchProject, name: string): string | undefined {
  const plan = JSON.parse(project.flor('backfill', name, '--dry-run', '--json').stdout) as {
    runs: { plans?: { level: string }[] }[]
  }
  return plan.runs[0]?.plans?.[0]?.level
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(benchLevels()))

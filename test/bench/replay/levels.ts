// What values cost that need little of a past run: levels `skip` and `prefix` beside the training itself.
import { fileURLToPath } from 'node:url'
import { type BenchRow, formatBench } from '../table.js'
import { BenchProject } from './bench-project.js'

const epochs = 16

interface BackfillJson {
  readonly values: number
  /** From the agreement to the end: worktree, process, publishing. */
  readonly durationMs: number
}

/** One training of about half a minute, then two backfills of it. */
export function benchLevels(): BenchRow[] {
  const project = new BenchProject()
  // So that every iteration has its checkpoints, whatever else this machine does: what they cost is another row.
  project.repository.config('flor.overhead', '0.5')
  const trainingMs = project.train([`epochs=${epochs}`, 'steps=240']).ms
  project.flor('seal')
  return [...skip(project, trainingMs), ...prefix(project)]
}

function skip(project: BenchProject, trainingMs: number): BenchRow[] {
  project.insert("  flor.log('first_layer', norm(net.w1))", "flor.log('weights'")
  const { ms, durationMs } = backfill(project, 'first_layer', 'skip', epochs)
  const row = (what: string, duration: number, goal: string): BenchRow => ({
    what,
    measured: `${duration.toFixed(0)} ms = ${((100 * duration) / trainingMs).toFixed(1)} %`,
    baseline: `the training: ${trainingMs.toFixed(0)} ms`,
    goal,
    reached: duration <= 0.05 * trainingMs,
  })
  return [
    row(`values of all ${epochs} epochs at level skip, from the agreement on`, durationMs, '<= 5 %'),
    row('the same, whole command, planning included', ms, ''),
  ]
}

function prefix(project: BenchProject): BenchRow[] {
  project.insert("flor.log('checksum', checksum)", 'flor.checkpointing(')
  const text = project.repository.read('train.mjs')
  // The same code, ended where its loop begins, as a process of its own.
  project.repository.write('prefix.mjs', text.slice(0, text.indexOf('flor.checkpointing(')))
  const prefixMs = Math.min(...[1, 2, 3].map(() => project.train([], { FLOR: 'off' }, 'prefix.mjs').ms))
  project.repository.remove('prefix.mjs')
  const { ms, durationMs } = backfill(project, 'checksum', 'prefix', 1)
  const row = (what: string, duration: number, goal: string): BenchRow => ({
    what,
    measured: `${duration.toFixed(0)} ms = the prefix + ${(duration - prefixMs).toFixed(0)} ms`,
    baseline: `the prefix as a process: ${prefixMs.toFixed(0)} ms`,
    goal,
    reached: duration <= prefixMs + 300,
  })
  return [
    row('a value from before the main loop, from the agreement on', durationMs, '<= + 300 ms'),
    row('the same, whole command, planning included', ms, ''),
  ]
}

/** Backfills a name into the one run. @throws Error when level or number of values are others than expected */
function backfill(
  project: BenchProject,
  name: string,
  level: string,
  count: number,
): BackfillJson & { readonly ms: number } {
  const planned = plannedLevel(project, name)
  const { stdout, ms } = project.flor('backfill', name, '--yes', '--json')
  const outcome = JSON.parse(stdout) as BackfillJson
  if (outcome.values !== count || planned !== level)
    throw new Error(`${name}: ${outcome.values} values at level ${planned}`)
  return { ...outcome, ms }
}

function plannedLevel(project: BenchProject, name: string): string | undefined {
  const plan = JSON.parse(project.flor('backfill', name, '--dry-run', '--json').stdout) as {
    runs: { plans?: { level: string }[] }[]
  }
  return plan.runs[0]?.plans?.[0]?.level
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(benchLevels()))

// What values cost that need little of a past run: levels `skip` and `prefix` beside the training itself.
import { fileURLToPath } from 'node:url'
import { type BenchRow, formatBench } from '../table.js'
import { BenchProject } from './bench-project.js'

interface BackfillJson {
  readonly values: number
  readonly tasks: readonly { readonly durationMs: number }[]
}

/** One training of about half a minute, then two backfills of it; the whole command is measured. */
export function benchLevels(): BenchRow[] {
  const project = new BenchProject()
  // So that every iteration has its checkpoints, whatever else this machine does: what they cost is another row.
  project.repository.config('flor.overhead', '0.5')
  const args = ['epochs=16', 'steps=240']
  const trainingMs = project.train(args).ms
  project.flor('seal')
  return [skip(project, trainingMs), prefix(project)]
}

function skip(project: BenchProject, trainingMs: number): BenchRow {
  project.insert("  flor.log('first_layer', norm(net.w1))", "flor.log('weights'")
  const level = plannedLevel(project, 'first_layer')
  const { stdout, ms } = project.flor('backfill', 'first_layer', '--yes', '--json')
  const { values } = JSON.parse(stdout) as BackfillJson
  if (values !== 16 || level !== 'skip') throw new Error(`${values} values at level ${level}`)
  return {
    what: 'values of all 16 epochs at level skip, whole command',
    measured: `${ms.toFixed(0)} ms = ${((100 * ms) / trainingMs).toFixed(1)} %`,
    baseline: `the training: ${trainingMs.toFixed(0)} ms`,
    goal: '<= 5 %',
    reached: ms <= 0.05 * trainingMs,
  }
}

function prefix(project: BenchProject): BenchRow {
  project.insert("flor.log('checksum', checksum)", 'flor.checkpointing(')
  const text = project.repository.read('train.mjs')
  // The same code, ended where its loop begins, as a process of its own.
  project.repository.write('prefix.mjs', text.slice(0, text.indexOf('flor.checkpointing(')))
  const prefixMs = Math.min(...[1, 2, 3].map(() => project.train([], { FLOR: 'off' }, 'prefix.mjs').ms))
  project.repository.remove('prefix.mjs')
  const level = plannedLevel(project, 'checksum')
  const { stdout, ms } = project.flor('backfill', 'checksum', '--yes', '--json')
  const { values } = JSON.parse(stdout) as BackfillJson
  if (values !== 1 || level !== 'prefix') throw new Error(`${values} values at level ${level}`)
  return {
    what: 'a value from before the main loop, whole command',
    measured: `${ms.toFixed(0)} ms = the prefix + ${(ms - prefixMs).toFixed(0)} ms`,
    baseline: `the prefix as a process: ${prefixMs.toFixed(0)} ms`,
    goal: '<= + 300 ms',
    reached: ms <= prefixMs + 300,
  }
}

function plannedLevel(project: BenchProject, name: string): string | undefined {
  const plan = JSON.parse(project.flor('backfill', name, '--dry-run', '--json').stdout) as {
    runs: { plans?: { level: string }[] }[]
  }
  return plan.runs[0]?.plans?.[0]?.level
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(benchLevels()))

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestRepository } from '../../support/repository.js'
import { project } from '../../support/training.js'

const command = fileURLToPath(new URL('../../../command/git-flor.js', import.meta.url))

/** What a command took: wall-clock time, and processor time of it and everything it started. */
export interface Taken {
  readonly wallMs: number
  readonly cpuMs: number
  readonly stdout: string
}

/** A repository with trainings to measure, which is removed at the end. */
export async function inProject<T>(
  files: Readonly<Record<string, string>>,
  work: (repo: TestRepository) => T | Promise<T>,
): Promise<T> {
  const repo = project(undefined, files)
  try {
    return await work(repo)
  } finally {
    rmSync(repo.path, { recursive: true, force: true })
  }
}

/** Runs the bundled command. @throws when it fails */
export function gitFlor(repo: TestRepository, args: readonly string[]): Taken {
  return taken(repo, { argv: [command, ...args], env: { FLOR_SEAL: 'later' } })
}

/**
 * Runs a training that is not recorded, in so many processes at once which share its epochs: what the machine itself gives for computing in
 * several processes. @throws when one fails
 */
export function plainTrainings(repo: TestRepository, epochs: number, processes: number): Taken {
  const argv = ['train.js', '--flor', `epochs=${epochs / processes}`]
  return taken(repo, { argv, env: { FLOR: 'off' }, processes })
}

/** Processor time is that of the shell's `times`: all processes that were waited for. */
function taken(
  repo: TestRepository,
  how: { readonly argv: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly processes?: number },
): Taken {
  const { argv, processes = 1 } = how
  const script = `pids=(); for ((i = 0; i < ${processes}; i++)); do "$@" & pids+=($!); done
    for pid in "\${pids[@]}"; do wait "$pid" || exit; done; times >&2`
  const before = performance.now()
  const answer = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...argv], {
    cwd: repo.path,
    encoding: 'utf8',
    env: { ...process.env, ...how.env },
  })
  const wallMs = performance.now() - before
  if (answer.status !== 0) throw new Error(`${argv.join(' ')}: ${answer.stderr}`)
  const children = answer.stderr.trim().split('\n').at(-1) ?? ''
  const cpuMs = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000,
    0,
  )
  return { wallMs, cpuMs, stdout: answer.stdout }
}

/** What `git flor backfill --yes --json` answers, as far as it is measured. */
export interface Answer {
  readonly values: number
  readonly durationMs: number
  readonly estimatedMs: number
  readonly tasks: readonly {
    readonly status: string
    readonly durationMs: number
    readonly estimateMs: number
  }[]
}

export function backfillWith(
  repo: TestRepository,
  names: string,
  args: readonly string[],
): Taken & { answer: Answer } {
  const taken = gitFlor(repo, ['backfill', names, '--yes', '--json', ...args])
  const answer = JSON.parse(taken.stdout) as Answer
  if (answer.tasks.some((it) => it.status !== 'done')) throw new Error(taken.stdout)
  return { ...taken, answer }
}

/** A training on typed arrays whose epochs take about `epochMs` of computing each; `statement` stands in its nested loop. */
export function computing(epochs: number, epochMs: number, statement = ''): string {
  return `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 1))
const weights = new Float64Array(1000)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', Array(flor.arg('epochs', ${epochs})).keys())) {
  for (const step of flor.loop('step', [0, 1, 2, 3])) {
    for (let pass = 0; pass < ${Math.round(epochMs * 130)}; pass++) {
      for (let i = 0; i < weights.length; i++) weights[i] += Math.fround((weights[i] + i + step) * 1e-3) - 1e-4
    }
    flor.log('loss', weights[7])
${statement}
  }
}
`
}

/** The same with epochs that wait instead, as for data or an accelerator. */
export function waiting(epochs: number, epochMs: number, statement = ''): string {
  return `import * as flor from 'git-flor'
const weights = new Float64Array(1000)
const clock = new Int32Array(new SharedArrayBuffer(4))
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', Array(flor.arg('epochs', ${epochs})).keys())) {
  for (const step of flor.loop('step', [0, 1, 2, 3])) {
    Atomics.wait(clock, 0, 0, ${epochMs / 4})
    weights[step] += Math.random()
    flor.log('loss', weights[0])
${statement}
  }
}
`
}

export const STATEMENT = "    flor.log('wanted', weights[0] + weights[9])"

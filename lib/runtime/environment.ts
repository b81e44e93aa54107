import { isMainThread } from 'node:worker_threads'

/**
 * What the environment asks of the runtime, read once at import:
 *
 * - `FLOR=off` (also `0`, `false`): record nothing.
 * - `FLOR_RANDOM=native`: leave `Math.random` alone.
 * - `FLOR_CHECKPOINTS=all|none|adaptive`: override how often checkpoints are taken; `all` waits where the writer is behind.
 * - `FLOR_ARGS`: a JSON object of argument names to texts, as `git flor run --set name=text` writes it.
 * - `FLOR_REPLAY`: path of a replay plan (model/plan.ts): follow it in place of recording.
 * - `FLOR_REPLAY_PARENT=<pid>`: the process that waits for the replay: without it nobody wants the values, and the replay ends.
 * - `FLOR_SEAL=later`: start no sealing process at exit; the next command seals.
 * - `FLOR_PARENT=<pid>:<run id>`: set by a recording process for the processes it starts. While that process lives, they record
 *   nothing of their own: a training script's data loaders are not runs. An empty value lets a child record.
 * - `FLOR_WRAPPER`: the spool folder of the `git flor run` that started this process; see spool-folder.ts.
 */
export interface Environment {
  readonly isOff: boolean
  readonly hasNativeRandom: boolean
  readonly checkpoints: 'all' | 'none' | 'adaptive'
  readonly sealsLater: boolean
  readonly replayPlan: string | undefined
  readonly replayParent: number | undefined
  /** Id of the run that this process is a part of, without being its recording thread. */
  readonly parentRun: string | undefined
  readonly wrapper: string | undefined
}

/** Reads an environment; `FLOR_REPLAY` is taken out of it, so that no child follows the same plan. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const checkpoints = env.FLOR_CHECKPOINTS
  const replayPlan = env.FLOR_REPLAY
  const parentRun = isMainThread ? livingParent(env.FLOR_PARENT) : (env.FLOR_PARENT ?? 'this process')
  if (isMainThread && replayPlan !== undefined) delete env.FLOR_REPLAY
  return {
    isOff: /^(off|0|false|no)$/i.test(env.FLOR ?? ''),
    hasNativeRandom: env.FLOR_RANDOM === 'native',
    checkpoints: checkpoints === 'all' || checkpoints === 'none' ? checkpoints : 'adaptive',
    sealsLater: env.FLOR_SEAL === 'later',
    replayPlan: isMainThread ? replayPlan : undefined,
    replayParent: /^\d+$/.test(env.FLOR_REPLAY_PARENT ?? '') ? Number(env.FLOR_REPLAY_PARENT) : undefined,
    parentRun,
    wrapper: isMainThread ? env.FLOR_WRAPPER || undefined : undefined,
  }
}

function livingParent(text: string | undefined): string | undefined {
  const match = /^(\d+):(.+)$/.exec(text ?? '')
  if (match === null || Number(match[1]) === process.pid) return undefined
  try {
    process.kill(Number(match[1]), 0)
    return match[2]
  } catch {
    return undefined
  }
}

/** The environment as it was at import. */
export const environment: Environment = readEnvironment()

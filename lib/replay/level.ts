import type { ReplayLevel } from '../model/run.js'
import type { PlanRequest } from './planner.js'
import type { Position, Verdict } from './source-project.js'
import type { Timeline } from './timeline.js'

export interface LevelChoice {
  readonly level: ReplayLevel
  readonly reason: string
  readonly cheaper?: 'skip' | 'restore'
}

/** The cheapest level that is known to be sound, and why no cheaper one. */
export function chooseLevel(request: PlanRequest, timeline: Timeline): LevelChoice {
  const { position, soundness } = request
  if (request.level !== undefined) return { level: request.level, reason: 'this level was asked for' }
  const hasMain = timeline.run.timeline.some((it) => it.role === 'main')
  if (!hasMain && position.kind !== 'plain' && position.kind !== 'unknown') {
    return { level: 'full', reason: 'the run did not come to a main loop: it is executed from the start' }
  }
  return soundLevel(position, soundness)
}

/** The cheapest level that is known to be sound for a run that came to a main loop. */
export function soundLevel(position: Position, soundness: PlanRequest['soundness']): LevelChoice {
  switch (position.kind) {
    case 'plain':
      return { level: 'full', reason: 'without checkpointing() a run is executed from the start' }
    case 'unknown':
      return { level: 'full', reason: `${position.why}: it is executed from the start` }
    case 'prefix':
      return restoring('prefix', soundness.restore, position.why)
    case 'suffix':
      // Where each main loop can be passed over as a whole: else it is executed from the start.
      if (soundness.skip.verdict === 'sound' && soundness.restore.verdict !== 'sound')
        return { level: 'suffix', reason: `${position.why}, and needs no iteration to be executed` }
      return restoring('suffix', soundness.restore, position.why)
    case 'nested':
      return restoring('run', soundness.restore, position.why)
    case 'iteration':
      return forIteration(position, soundness)
  }
}

function forIteration(position: Position, soundness: PlanRequest['soundness']): LevelChoice {
  const { skip, restore } = soundness
  if (skip.verdict === 'sound') {
    return { level: 'skip', reason: `${position.why}, and reads nothing that nested loops leave behind` }
  }
  if (restore.verdict === 'sound') {
    const choice: LevelChoice = { level: 'run', reason: `nested loops are executed: ${skip.reason}` }
    return skip.verdict === 'unknown' ? { ...choice, cheaper: 'skip' } : choice
  }
  return restoring('run', restore, position.why)
}

function restoring(level: ReplayLevel, restore: Verdict, why: string): LevelChoice {
  if (restore.verdict === 'sound') return { level, reason: why }
  const choice: LevelChoice = { level: 'full', reason: `it is executed from the start: ${restore.reason}` }
  return restore.verdict === 'unknown' ? { ...choice, cheaper: 'restore' } : choice
}

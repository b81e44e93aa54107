import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { asOid } from '../../model/oid.js'
import type { ReplayPlan } from '../../model/plan.js'
import type { RunEnd, RunHeader } from '../../model/run.js'
import { SpoolWriter } from '../../segment/spool-writer.js'
import { encodeDocument } from '../../segment/value-codec.js'
import { processFacts } from '../header.js'
import { LoopStack } from '../loop-stack.js'
import type { Session } from '../session.js'
import { StateRegistry } from '../state-registry.js'
import { messageOf, warnOnce } from '../warnings.js'
import { failReplay } from './failure.js'
import { watchParent } from './parent.js'
import { PlanFollower } from './plan-follower.js'
import { StateComparer } from './state-comparer.js'

/**
 * Follows a plan in place of recording: no run commit, no checkpoints, no sealing. Events go to the plan's
 * spool, in the form of a recorded run, for what is executed. The end's exit code is 0 unless the replay
 * failed.
 */
export function startReplay(plan: ReplayPlan): Session {
  const startedMs = performance.now()
  const spool = openSpool(plan)
  spool.document(8, encodeDocument(replayHeader(plan)))
  watchParent()
  const registry = new StateRegistry()
  const loops = new LoopStack()
  const follower: PlanFollower = new PlanFollower(plan, registry, () => end({}))
  const end = (how: { exitCode?: number; signal?: string }): void => {
    if (!spool.isOpen) return
    const { exitCode = 0, signal } = how
    if (exitCode === 0 && signal === undefined) follower.checkAllExecuted()
    spool.document(
      9,
      encodeDocument({
        status: signal !== undefined ? 'interrupted' : exitCode === 0 ? 'completed' : 'failed',
        exitCode,
        ...(signal === undefined ? {} : { signal }),
        durationMs: performance.now() - startedMs,
      } satisfies RunEnd),
    )
    spool.close()
    delete process.env.FLOR_PARENT
  }
  process.env.FLOR_PARENT = `${process.pid}:${plan.run}`
  return {
    kind: 'replay',
    spool,
    loops,
    registry,
    startedMs,
    points:
      plan.compare === undefined || plan.compare.length === 0
        ? undefined
        : new StateComparer({ spool, loops, registry, states: plan.compare, tolerance: plan.tolerance ?? 0 }),
    follower,
    args: plan.args,
    warn: (text) => {
      if (warnOnce(text)) spool.warning(text)
    },
    end,
  }
}

function openSpool(plan: ReplayPlan): SpoolWriter {
  try {
    mkdirSync(plan.spool, { recursive: true })
    return new SpoolWriter(join(plan.spool, 'events'), {
      onFailure: (error) => failReplay(`the spool cannot be written: ${messageOf(error)}`),
    })
  } catch (error) {
    return failReplay(`the spool ${plan.spool} cannot be opened: ${messageOf(error)}`)
  }
}

function replayHeader(plan: ReplayPlan): RunHeader {
  const facts = processFacts(process.cwd())
  return {
    id: `replay-${process.pid}-${Date.now().toString(36)}`,
    run: asOid(plan.patched),
    base: asOid(plan.run),
    clean: true,
    ...(facts.script === undefined ? {} : { script: facts.script }),
    argv: facts.argv,
    cwd: facts.cwd,
    startedMs: Date.now(),
    versions: facts.versions,
    host: facts.host,
    user: facts.user,
    pid: process.pid,
    leftOut: [],
    ...(plan.generator === undefined ? {} : { generator: plan.generator }),
  }
}

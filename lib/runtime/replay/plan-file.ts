import { readFileSync } from 'node:fs'
import type { ReplayPlan } from '../../model/plan.js'
import { decodeDocument } from '../../segment/value-codec.js'
import { messageOf } from '../warnings.js'
import { failReplay } from './failure.js'

/** Reads the plan that FLOR_REPLAY names; ends the process with exit code 70 when it is none. */
export function readPlan(path: string): ReplayPlan {
  let plan: unknown
  try {
    plan = decodeDocument(readFileSync(path))
  } catch (error) {
    return failReplay(`the plan ${path} cannot be read: ${messageOf(error)}`)
  }
  return isPlan(plan) ? plan : failReplay(`${path} is not a replay plan of version 1`)
}

function isPlan(value: unknown): value is ReplayPlan {
  const plan = value as Partial<ReplayPlan> | null
  return (
    typeof plan === 'object' &&
    plan?.version === 1 &&
    typeof plan.spool === 'string' &&
    typeof plan.run === 'string' &&
    typeof plan.patched === 'string' &&
    typeof plan.args === 'object' &&
    plan.args !== null &&
    Array.isArray(plan.loops) &&
    (plan.compare === undefined || Array.isArray(plan.compare)) &&
    (plan.generator === undefined || plan.generator instanceof Uint8Array)
  )
}

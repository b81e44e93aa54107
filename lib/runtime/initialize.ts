import { environment } from './environment.js'
import { installGenerator } from './generator.js'
import { offSession } from './off-session.js'
import { isInsideRepository, scriptFolder } from './project.js'
import { startRecording } from './record-session.js'
import { readPlan } from './replay/plan-file.js'
import { startReplay } from './replay/replay-session.js'
import {
  currentSession,
  endSession,
  isExiting,
  markExiting,
  type Session,
  setSessionStarter,
} from './session.js'
import { caughtSignal } from './signals.js'
import { messageOf, warnOnce } from './warnings.js'

/**
 * What importing the runtime does: in a repository it puts the seeded generator in `Math.random`'s place,
 * and in a replay the recorded state into it. Everything else waits for the first call.
 */
const plan = environment.replayPlan === undefined ? undefined : readPlan(environment.replayPlan)
const isRecording = !environment.isOff && environment.parentRun === undefined && isNearRepository()

if (plan?.generator !== undefined) installGenerator(plan.generator)
else if (plan === undefined && isRecording && !environment.hasNativeRandom) installGenerator()

let isAttached = false

setSessionStarter((): Session => {
  if (isExiting()) {
    warnOnce('what is logged after the end of the process is lost')
    return offSession()
  }
  const session = start()
  if (session.kind !== 'off' && !isAttached) {
    isAttached = true
    process.on('exit', endAtExit)
  }
  return session
})

function start(): Session {
  if (plan !== undefined) return startReplay(plan)
  if (environment.isOff) return offSession()
  if (environment.parentRun !== undefined) {
    warnOnce(
      `this process belongs to run ${environment.parentRun} and records nothing of its own; ` +
        'start it with an empty FLOR_PARENT in its environment to make it a run',
    )
    return offSession()
  }
  try {
    return startRecording()
  } catch (error) {
    warnOnce(`this run is not recorded: ${messageOf(error)} (FLOR=off says so without this warning)`)
    return offSession()
  }
}

function endAtExit(code: number): void {
  markExiting()
  if (currentSession() === undefined) return
  // For a top-level await that never settles node decides on 13 only now, in a listener of its own.
  const exitCode = Number(process.exitCode ?? code)
  const signal = exitCode === 0 ? undefined : caughtSignal()
  endSession(signal === undefined ? { exitCode } : { exitCode, signal })
}

function isNearRepository(): boolean {
  if (process.env.GIT_DIR !== undefined || isInsideRepository(process.cwd())) return true
  const folder = scriptFolder()
  return folder !== undefined && isInsideRepository(folder)
}

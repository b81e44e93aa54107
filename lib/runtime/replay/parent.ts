import { environment } from '../environment.js'
import { failReplay } from './failure.js'

const LOOK_MS = 1000

/** From now on the process ends once a second passed without the one that waits for it (`FLOR_REPLAY_PARENT`): it was killed, and cannot end us any more. */
export function watchParent(): void {
  if (environment.replayParent !== undefined) setInterval(endWithoutParent, LOOK_MS).unref()
}

/** Ends the process when the one that waits for it is gone: the system gives an orphan another parent. */
export function endWithoutParent(): void {
  const { replayParent } = environment
  if (replayParent !== undefined && process.ppid !== replayParent)
    failReplay('the command that started it is gone')
}

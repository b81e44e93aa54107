import { tell } from '../warnings.js'

/** The exit code of a process that cannot follow its plan: EX_SOFTWARE of sysexits.h. */
export const REPLAY_FAILED_EXIT = 70

/**
 * Ends the process, right now, because the plan cannot be followed. A value that is not exact must not be
 * written.
 */
export function failReplay(reason: string): never {
  tell(`replay failed: ${reason}`)
  process.exit(REPLAY_FAILED_EXIT)
}

import { currentSession, endSession } from './session.js'

/**
 * Ends the run here; the next flor call starts another one. For processes that live longer than a training:
 * servers, notebooks, loops with human feedback. A loop that is open goes on without being recorded any
 * further. At exit it happens by itself. In a replay the process ends here, as the run did.
 */
export function commit(): void {
  const current = currentSession()
  if (current === undefined || current.kind === 'off') return
  endSession({})
  if (current.kind === 'replay') process.exit(0)
}

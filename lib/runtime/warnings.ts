import { writeSync } from 'node:fs'

const told = new Set<string>()

/**
 * Tells the user something on stderr, once a text. Training is never stopped by it, whatever became of
 * stderr. Returns whether it is news.
 */
export function warnOnce(text: string): boolean {
  if (told.has(text)) return false
  told.add(text)
  tell(`warning: ${text}`)
  return true
}

/** Writes one line to stderr right now, also inside a synchronous loop and at exit. */
export function tell(text: string): void {
  try {
    writeSync(2, `git-flor: ${text}\n`)
  } catch {
    // A closed or full stderr is not the training's problem.
  }
}

/** An error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

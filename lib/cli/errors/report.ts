import { FlorError } from '../../model/errors.js'
import { sanitizeBlock, sanitizeLine } from '../render/sanitize.js'
import { displayWidth } from '../render/width.js'
import { adviceFor, ExitCode } from './hints.js'

/** What is printed of a failure, and the exit code it ends with. */
export interface Report {
  readonly text: string
  readonly exitCode: number
}

/**
 * Turns any thrown value into `error:` with the user's own value, the place in it where there is one, `caused by:` for
 * everything beneath, and `hint:`. Unexpected errors show their stack: they are defects.
 */
export function reportError(error: unknown): Report {
  if (!(error instanceof FlorError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { text: `fatal: unexpected failure: ${sanitizeBlock(stack)}\n`, exitCode: ExitCode.fatal }
  }
  const { exitCode, hint } = adviceFor(error.code, error.data)
  const lines = [`error: ${sanitizeLine(error.message)}`, ...caretLines(error.data)]
  for (let cause = error.cause, depth = 0; cause !== undefined && cause !== null && depth < 8; depth++) {
    lines.push(`caused by: ${describeCause(cause)}`)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  const stderr = error.data.stderr
  if (error.code === 'GIT_FAILED' && typeof stderr === 'string')
    lines.push(...gitLines(stderr, error.message))
  if (hint !== undefined && hint !== '') lines.push(`hint: ${sanitizeLine(hint)}`)
  return { text: `${lines.join('\n')}\n`, exitCode }
}

function describeCause(cause: unknown): string {
  return sanitizeLine(cause instanceof Error ? cause.message : String(cause))
}

/** The predicate with a caret under the place that was not understood. */
function caretLines(facts: Readonly<Record<string, unknown>>): string[] {
  const { text, offset } = facts
  if (typeof text !== 'string' || typeof offset !== 'number') return []
  const begin = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(begin, end === -1 ? undefined : end)
  // Everything before the caret is one column wide after sanitising, tabs included.
  const before = sanitizeLine(text.slice(begin, offset).replaceAll('\t', ' '))
  return [`    ${sanitizeLine(line.replaceAll('\t', ' '))}`, `    ${' '.repeat(displayWidth(before))}^`]
}

/** What git itself said, unless the message already quotes it. */
function gitLines(stderr: string, message: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !message.includes(line.trim()))
    .slice(0, 10)
    .map((line) => `caused by: git: ${sanitizeLine(line)}`)
}

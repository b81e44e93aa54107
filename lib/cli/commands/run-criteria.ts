import type { RunChoice } from '../../repository/choose-runs.js'
import type { LogOptions } from './log.js'

/** A predicate of the whole command: all that were given must hold. @throws FlorError PREDICATE_SYNTAX */
export async function joinedPredicate(texts: readonly string[] | undefined): Promise<string | undefined> {
  if (texts === undefined || texts.length < 2) return texts?.[0]
  const { parsePredicate } = await import('../../query/predicate.js')
  for (const text of texts) parsePredicate(text)
  return texts.map((text) => `(${text})`).join(' and ')
}

/** Sort keys of the whole command: those that were given first count first. */
export function joinedSort(texts: readonly string[] | undefined): string | undefined {
  return texts?.join(', ')
}

/** The options of `git flor log`, and of others like it, that choose whole runs. One spawn of git for each date. */
export async function runCriteria(
  options: Pick<LogOptions, 'since' | 'until' | 'script' | 'status'> & Partial<Pick<LogOptions, 'author'>>,
  cwd: string,
): Promise<RunChoice> {
  const { since, until, author, script, status } = options
  const dateOf = async (text: string): Promise<number> => {
    const { parseSince } = await import('../arguments/since.js')
    return parseSince(text, cwd)
  }
  return {
    ...(since === undefined ? {} : { sinceMs: await dateOf(since) }),
    // Git's times are whole seconds, of which the last one is meant, too.
    ...(until === undefined ? {} : { untilMs: (await dateOf(until)) + 1000 }),
    ...(author === undefined ? {} : { author }),
    ...(script === undefined ? {} : { script }),
    ...(status === undefined ? {} : { status }),
  }
}

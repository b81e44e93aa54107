import { realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { FlorError } from '../../model/errors.js'
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

/**
 * The options of `git flor log`, and of others like it, that choose whole runs. One spawn of git for each date.
 * @throws FlorError USAGE for what is no date, and for a script outside of the working tree
 */
export async function runCriteria(
  options: Pick<LogOptions, 'since' | 'until' | 'script' | 'status'> & Partial<Pick<LogOptions, 'author'>>,
  cwd: string,
): Promise<RunChoice> {
  const { since, until, author, script, status } = options
  const scripts = script?.some(isFromHere) === true ? await fromTop(script, cwd) : script
  const dateOf = async (text: string): Promise<number> => {
    const { parseSince } = await import('../arguments/since.js')
    return parseSince(text, cwd)
  }
  return {
    ...(since === undefined ? {} : { sinceMs: await dateOf(since) }),
    // Git's times are whole seconds, of which the last one is meant, too.
    ...(until === undefined ? {} : { untilMs: (await dateOf(until)) + 1000 }),
    ...(author === undefined ? {} : { author }),
    ...(scripts === undefined ? {} : { script: scripts }),
    ...(status === undefined ? {} : { status }),
  }
}

/** As in git's `HEAD:./file`: other paths are meant from the top of the working tree, as lists print them. */
const isFromHere = (path: string): boolean => /^\.{0,2}\//.test(path)

/** Paths that are meant from the folder that the user stands in, as the whole paths that they are from the top: with a `/` in front. */
async function fromTop(paths: readonly string[], cwd: string): Promise<string[]> {
  const { locateRepositorySync } = await import('../../git/location.js')
  const { topLevel } = locateRepositorySync(cwd)
  const here = realpathSync(cwd)
  return paths.map((path) => {
    if (!isFromHere(path)) return path
    const within =
      topLevel === undefined ? '..' : relative(topLevel, resolve(here, path)).split(sep).join('/')
    if (!/^\.\.(?:\/|$)/.test(within)) return `/${within}`
    const hint = '--script <path>    takes a path from the top of the working tree, or from here with ./'
    throw new FlorError(`the script '${path}' does not lie in this working tree`, {
      code: 'USAGE',
      data: { value: path, hint },
    })
  })
}

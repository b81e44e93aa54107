import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { RepositoryLocation } from './location.js'
import { commandOf } from './process.js'

/**
 * Whether somebody's `git prune` that takes young objects, too, may be going on in the repository. It leaves no file that would tell, so that the processes
 * of this machine are looked at: on Linux alone, and a few milliseconds of it. One whose folder cannot be read, or that was given another repository than
 * that of its folder, counts.
 */
export function isPruning(location: Pick<RepositoryLocation, 'commonDir' | 'topLevel'>): boolean {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && isPruneIn(`/proc/${pid}`, location))
}

function isPruneIn(
  folder: string,
  { commonDir, topLevel }: Pick<RepositoryLocation, 'commonDir' | 'topLevel'>,
): boolean {
  try {
    if (readFileSync(`${folder}/comm`, 'latin1') !== 'git\n') return false
    const [, ...args] = readFileSync(`${folder}/cmdline`, 'utf8').split('\0')
    if (commandOf(args) !== 'prune' || sparesYoung(args)) return false
    const isElsewhere = (path: string): boolean =>
      [commonDir, topLevel].every((own) => own === undefined || relative(own, path).startsWith('..'))
    const isGiven =
      args.some((it) => it.startsWith('--git-dir')) ||
      /(?:^|\0)GIT_DIR=/.test(readFileSync(`${folder}/environ`, 'latin1'))
    return isGiven || !isElsewhere(resolve(readlinkSync(`${folder}/cwd`)))
  } catch {
    // It ended meanwhile, or is another user's, who could not delete anything here either.
    return false
  }
}

/** `--expire` of what `git gc` gives by itself, an age of hours at least, or `never`. */
function sparesYoung(args: readonly string[]): boolean {
  return args.some((it, i) => {
    const age = it.startsWith('--expire=')
      ? it.slice('--expire='.length)
      : args[i - 1] === '--expire'
        ? it
        : ''
    return /\b(?:hour|day|week|month|year)s?[. ]+ago\b|^never$/.test(age)
  })
}

import { existsSync, realpathSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { RepositoryLocation } from '../../git/location.js'
import type { RunCommit } from '../../git/snapshot.js'
import type { RunHeader } from '../../model/run.js'
import { findLockFile, inside, userName } from '../../runtime/header.js'
import { ownVersion } from '../../runtime/project.js'

/** What is known of a command before it is started. */
export interface ObservedCommand {
  readonly id: string
  /** The command line as it was given. */
  readonly argv: readonly string[]
  /** Absolute path of the folder that it is started in. */
  readonly cwd: string
  readonly startedMs: number
  /** The patterns that metrics are taken out of its output by; absent where none are. */
  readonly patterns?: readonly string[]
}

/**
 * The header of a run that is recorded from outside. The script is the program itself or the first argument that names a file of the working tree:
 * `python train.py --lr 0.1`, `./train.sh`. What only the program knows (the interpreter's version, its generator) is not in it.
 */
export function observedHeader(
  location: RepositoryLocation,
  run: RunCommit,
  command: ObservedCommand,
): RunHeader {
  const top = realpathSync(location.topLevel as string)
  const cwd = realpathSync(command.cwd)
  const script = findScript(top, cwd, command.argv)
  const lockFile =
    inside(top, cwd) === undefined
      ? undefined
      : findLockFile(location, run, script === undefined ? cwd : dirname(resolve(top, script)))
  return {
    id: command.id,
    run: run.commit,
    ...(run.base === undefined ? {} : { base: run.base }),
    clean: run.clean,
    ...(location.branch === undefined ? {} : { branch: location.branch }),
    ...(script === undefined ? {} : { script }),
    argv: command.argv,
    cwd: inside(top, cwd) ?? '',
    startedMs: command.startedMs,
    versions: { 'git-flor': ownVersion(), os: process.platform, arch: process.arch },
    host: hostname(),
    user: userName(),
    pid: process.pid,
    ...(lockFile === undefined ? {} : { lockFile }),
    leftOut: run.leftOut,
    observed: true,
    ...(command.patterns === undefined ? {} : { capture: { patterns: command.patterns } }),
  }
}

const MOST_ARGUMENTS = 32

function findScript(top: string, cwd: string, argv: readonly string[]): string | undefined {
  for (const [i, argument] of argv.slice(0, MOST_ARGUMENTS).entries()) {
    // A bare program name is looked up in PATH, whatever lies in the folder.
    if (argument === '' || argument.startsWith('-') || (i === 0 && !argument.includes('/'))) continue
    const path = resolve(cwd, argument)
    if (!existsSync(path) || !statSync(path).isFile()) continue
    const inTree = inside(top, realpathSync(path))
    if (inTree !== undefined) return inTree
  }
  return undefined
}

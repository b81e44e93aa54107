import { existsSync, realpathSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import type { RepositoryLocation } from '../git/location.js'
import { inRepository } from '../git/location.js'
import { gitSync } from '../git/process.js'
import type { RunCommit } from '../git/snapshot.js'
import { asOid } from '../model/oid.js'
import type { RunHeader } from '../model/run.js'
import { findUp, ownVersion, readPackage, scriptFolder } from './project.js'
import { regionalSettings } from './regional-settings.js'

const LOCK_FILES = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
] as const
const MAX_LIBRARIES = 64

/** The facts of this process, the same for each of its runs. */
export interface ProcessFacts {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly script: string | undefined
  readonly versions: Readonly<Record<string, string>>
  readonly regional: Readonly<Record<string, string>>
  readonly host: string
  readonly user: string
}

/**
 * Reads the facts; paths relative to `topLevel`. The script stands in `argv` as seen from the working
 * directory.
 */
export function processFacts(topLevel: string): ProcessFacts {
  const top = realpathSync(topLevel)
  const cwd = realpathSync(process.cwd())
  const path = scriptPath()
  const inTree = path === undefined ? undefined : inside(top, path)
  const shown =
    inTree === undefined || inside(top, cwd) === undefined ? path : slashes(relative(cwd, path as string))
  return {
    argv: [
      basename(process.execPath),
      ...process.execArgv,
      ...(shown === undefined ? [] : [shown]),
      ...process.argv.slice(2),
    ],
    cwd: inside(top, cwd) ?? '',
    script: inTree,
    versions: {
      node: process.versions.node,
      'git-flor': ownVersion(),
      os: process.platform,
      arch: process.arch,
      ...libraryVersions(top),
    },
    regional: regionalSettings(),
    host: hostname(),
    user: userName(),
  }
}

/** The header of a run that is recorded. One spawn of git, where there is a lock file. */
export function runHeader(
  location: RepositoryLocation,
  run: RunCommit,
  facts: ProcessFacts,
  rest: Pick<RunHeader, 'id' | 'startedMs' | 'bootMs' | 'setupMs'> & { generator: Uint8Array | undefined },
): RunHeader {
  const lockFile = findLockFile(location, run, scriptFolder() ?? process.cwd())
  return {
    id: rest.id,
    run: run.commit,
    ...(run.base === undefined ? {} : { base: run.base }),
    clean: run.clean,
    ...(location.branch === undefined ? {} : { branch: location.branch }),
    ...(facts.script === undefined ? {} : { script: facts.script }),
    argv: facts.argv,
    cwd: facts.cwd,
    startedMs: rest.startedMs,
    ...(rest.bootMs === undefined ? {} : { bootMs: rest.bootMs }),
    ...(rest.setupMs === undefined ? {} : { setupMs: rest.setupMs }),
    versions: facts.versions,
    regional: facts.regional,
    host: facts.host,
    user: facts.user,
    pid: process.pid,
    ...(lockFile === undefined ? {} : { lockFile }),
    leftOut: run.leftOut,
    ...(rest.generator === undefined ? {} : { generator: rest.generator }),
  }
}

function scriptPath(): string | undefined {
  const given = process.argv[1]
  if (given === undefined) return undefined
  try {
    return realpathSync(given)
  } catch {
    // `node train` finds train.js.
    return existsSync(`${given}.js`) ? realpathSync(`${given}.js`) : undefined
  }
}

/** A path relative to `top`, with forward slashes; undefined where it lies outside. Both are real paths. */
export function inside(top: string, path: string): string | undefined {
  const within = relative(top, path)
  if (within === '') return ''
  return within === '..' || within.startsWith(`..${sep}`) || within.startsWith(sep)
    ? undefined
    : slashes(within)
}

const slashes = (path: string): string => path.split(sep).join('/')

/** The login name, as far as anybody tells. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env.USER ?? process.env.USERNAME ?? 'unknown'
  }
}

/** What is installed of the dependencies that the script's package names. */
function libraryVersions(top: string): Record<string, string> {
  const start = scriptFolder() ?? process.cwd()
  const folder = findUp(start, (path) => path === top || existsSync(join(path, 'package.json')))
  if (folder === undefined) return {}
  const { dependencies, devDependencies } = readPackage(folder)
  const names = Object.keys({ ...(dependencies as object), ...(devDependencies as object) }).slice(
    0,
    MAX_LIBRARIES,
  )
  return Object.fromEntries(
    names.flatMap((name) => {
      const { version } = readPackage(join(folder, 'node_modules', name))
      return typeof version === 'string' ? [[name, version]] : []
    }),
  )
}

/** The lock file of the folder `from`, or the nearest one above it in the working tree. One spawn of git, where there is one. */
export function findLockFile(
  location: RepositoryLocation,
  run: RunCommit,
  from: string,
): RunHeader['lockFile'] {
  const top = realpathSync(location.topLevel as string)
  const start = realpathSync(from)
  if (inside(top, start) === undefined) return undefined
  for (let folder = start; ; folder = dirname(folder)) {
    const name = LOCK_FILES.find((it) => existsSync(join(folder, it)))
    if (name !== undefined) {
      const path = slashes(relative(top, join(folder, name)))
      const answer = gitSync(['rev-parse', '--verify', '--quiet', `${run.commit}:${path}`], {
        ...inRepository(location),
        expectExit: [0, 1, 128],
      })
      // Ignored lock files are no part of the run commit.
      return answer.exitCode === 0 ? { path, oid: asOid(answer.stdout.toString().trim()) } : undefined
    }
    if (folder === top || folder === dirname(folder)) return undefined
  }
}

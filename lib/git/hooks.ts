import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlorError } from '../model/errors.js'
import { chainingHook, hasBlock, newHook, quoted, withBlock, withoutBlock } from './hook-files.js'
import { florDir, inRepository, type RepositoryLocation } from './location.js'
import { gitSync } from './process.js'

/** The hooks that we take part in. */
export const HOOK_NAMES = ['post-commit', 'post-rewrite', 'post-merge', 'post-checkout', 'pre-push'] as const

/** Hooks that users add later; where a folder of hooks is ours, it must pass these on, too. */
const PASSED_ON = ['pre-commit', 'prepare-commit-msg', 'commit-msg', 'pre-merge-commit', 'pre-rebase']

/**
 * Puts our shims into the repository's hooks, before whatever is there, and returns what was done as sentences; doing it again
 * does nothing. In `<commonDir>/hooks` our part is a marked block in the user's shell script, or calls the user's hook of another
 * language. Where `core.hooksPath` names another folder (husky's, or one for all repositories of the user), that one is left
 * alone: a folder of ours takes its place in this clone's configuration and passes every hook on.
 * @throws FlorError GIT_FAILED, FILE_UNREADABLE
 */
export function installHooks(location: RepositoryLocation): string[] {
  const shims = new Map(
    HOOK_NAMES.map((name) => [name, readFileSync(join(shimFolder(), name), 'utf8')] as const),
  )
  const configured = hooksPath(location)
  if (configured === undefined || isDefault(location, configured)) {
    const folder = join(location.commonDir, 'hooks')
    return HOOK_NAMES.filter((name) => addTo(folder, name, shims.get(name) as string)).map(
      (name) => `hook ${name} added`,
    )
  }
  const own = ownFolder(location)
  if (configured === own) return []
  const local = hooksPath(location, '--local')
  const root = expanded(location, configured)
  mkdirSync(own, { recursive: true })
  const there = listFolder(root).filter((name) => /^[a-z-]+$/.test(name) && isExecutable(join(root, name)))
  for (const name of new Set<string>([...HOOK_NAMES, ...PASSED_ON, ...there])) {
    // A relative path is meant from the top of the worktree in which the hook runs.
    const original = quoted(`${configured}/${name}`)
    writeHook(join(own, name), chainingHook(shims.get(name as (typeof HOOK_NAMES)[number]), original))
  }
  writeFileSync(join(own, PREVIOUS), JSON.stringify({ local: local ?? null }))
  gitSync(['config', '--local', 'core.hooksPath', own], inRepository(location))
  return [`core.hooksPath set to ${own}, whose hooks go on to ${configured}`]
}

/** Takes our part out again, restoring every file to the byte. Returns what was done as sentences. */
export function removeHooks(location: RepositoryLocation): string[] {
  const done: string[] = []
  const own = ownFolder(location)
  if (hooksPath(location, '--local') === own) {
    const { local } = JSON.parse(readFileSync(join(own, PREVIOUS), 'utf8')) as { local: string | null }
    const args = local === null ? ['--unset', 'core.hooksPath'] : ['core.hooksPath', local]
    gitSync(['config', '--local', ...args], inRepository(location))
    done.push(local === null ? 'core.hooksPath unset' : `core.hooksPath set back to ${local}`)
  }
  rmSync(own, { recursive: true, force: true })
  const folder = join(location.commonDir, 'hooks')
  for (const name of HOOK_NAMES) if (removeFrom(folder, name)) done.push(`hook ${name} removed`)
  return done
}

/** Where hooks of other languages wait in the default folder. Their names stay, since some hooks go by the name they are called by. */
const MOVED = 'before-git-flor'
/** In our own folder: what core.hooksPath was. */
const PREVIOUS = 'previous.json'

function addTo(folder: string, name: string, shim: string): boolean {
  const path = join(folder, name)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) {
    mkdirSync(folder, { recursive: true })
    writeHook(path, newHook(shim))
    return true
  }
  const text = stat.isFile() ? readFileSync(path, 'latin1') : ''
  if (hasBlock(text)) return false
  // A hook that is not executable is one that the user has switched off: it must not come alive with our block in it.
  const edited = stat.isFile() && isExecutable(path) ? withBlock(text, shim) : undefined
  if (edited !== undefined) {
    replaceFile(path, edited, stat.mode)
    return true
  }
  const moved = join(folder, MOVED, name)
  mkdirSync(dirname(moved), { recursive: true })
  moveHook(path, moved, (target) => (isAbsolute(target) ? target : join('..', target)))
  writeHook(path, chainingHook(shim, `"$(dirname "$0")"/${MOVED}/${name}`))
  return true
}

function removeFrom(folder: string, name: string): boolean {
  const path = join(folder, name)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile()) return false
  const text = readFileSync(path, 'latin1')
  if (!hasBlock(text)) return false
  const moved = join(folder, MOVED, name)
  if (lstatSync(moved, { throwIfNoEntry: false }) !== undefined) {
    rmSync(path)
    moveHook(moved, path, (target) => target.replace(/^\.\.\//, ''))
    if (listFolder(join(folder, MOVED)).length === 0) rmdirSync(join(folder, MOVED))
    return true
  }
  const rest = withoutBlock(text)
  if (rest === undefined) rmSync(path)
  else replaceFile(path, rest, stat.mode)
  return true
}

/** Moves a hook, a symbolic link with its target rewritten for the other folder. */
function moveHook(from: string, to: string, retarget: (target: string) => string): void {
  if (lstatSync(from).isSymbolicLink()) {
    symlinkSync(retarget(readlinkSync(from)), to)
    rmSync(from)
  } else {
    renameSync(from, to)
  }
}

function writeHook(path: string, text: string): void {
  replaceFile(path, text, 0o755)
}

/** A hook may be running, or be called, at any moment: it is replaced as a whole. Text is latin1, so that every byte survives. */
function replaceFile(path: string, text: string, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, text, 'latin1')
    chmodSync(temporary, mode & 0o7777)
    renameSync(temporary, path)
  } catch (error) {
    // A full disk: half a file must not lie among the hooks.
    rmSync(temporary, { force: true })
    throw error
  }
}

function isExecutable(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0
}

/** Names in a folder; none where there is no folder: `core.hooksPath=/dev/null` is how hooks are switched off. */
function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new FlorError(`the hooks in ${path} cannot be read`, {
      code: 'FILE_UNREADABLE',
      data: { path },
      cause,
    })
  }
}

function ownFolder(location: RepositoryLocation): string {
  return join(florDir(location), 'hooks')
}

/** `core.hooksPath` as configured, `~/` expanded; undefined when it is not set. */
function hooksPath(location: RepositoryLocation, ...scope: string[]): string | undefined {
  const { stdout, exitCode } = gitSync(['config', ...scope, '--type=path', '--get', 'core.hooksPath'], {
    ...inRepository(location),
    expectExit: [0, 1],
  })
  return exitCode === 1 ? undefined : stdout.toString().replace(/\n$/, '')
}

function expanded(location: RepositoryLocation, path: string): string {
  return isAbsolute(path) ? path : join(location.topLevel ?? location.gitDir, path)
}

function isDefault(location: RepositoryLocation, path: string): boolean {
  return path !== '' && join(expanded(location, path), '.') === join(location.commonDir, 'hooks')
}

/** The package's `hooks/`, some folders above this file, wherever it was built or bundled to. */
function shimFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'hooks', 'pre-push'))) return join(folder, 'hooks')
    if (folder === dirname(folder)) {
      throw new FlorError('the hooks of git-flor are not where it was installed', {
        code: 'FILE_UNREADABLE',
        data: { path: fileURLToPath(import.meta.url) },
      })
    }
  }
}

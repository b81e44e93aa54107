import { rmSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { FlorError, isFlorError } from '../model/errors.js'
import { asOid, isOid, type Oid } from '../model/oid.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { git, splitItems, WITHOUT_HOOKS } from './process.js'
import { readRefFiles } from './ref-files.js'

/** A ref by its full name, and what it points at. */
export interface Ref {
  readonly ref: string
  readonly oid: Oid
}

/** One change of a ref. `old` is what it must point at now; null: it must not exist. `oid` null deletes. */
export interface RefUpdate {
  readonly ref: string
  readonly oid: Oid | null
  readonly old: Oid | null
}

/**
 * Lists refs that lie under one of the prefixes (`refs/flor/runs`: whole path components), sorted by name. Read from their files
 * where that can be; else one spawn, whatever the ref format.
 */
export async function listRefs(location: RepositoryLocation, prefixes: readonly string[]): Promise<Ref[]> {
  if (prefixes.length === 0) return []
  const files = location.refFormat === 'files' ? readRefFiles(location.commonDir, prefixes) : undefined
  if (files !== undefined)
    return [...files].map(([ref, oid]) => ({ ref, oid })).sort((a, b) => (a.ref < b.ref ? -1 : 1))
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes]
  const { stdout } = await git(args, inRepository(location))
  return splitItems(stdout, '\n').map((line) => {
    const space = line.indexOf(' ')
    return { oid: asOid(line.slice(0, space)), ref: line.slice(space + 1) }
  })
}

/** What a ref points at; undefined when there is none. */
export async function readRef(location: RepositoryLocation, ref: string): Promise<Oid | undefined> {
  return (await listRefs(location, [ref])).find((found) => found.ref === ref)?.oid
}

/**
 * The commit that a revision names (`HEAD~2`, a branch, a shortened oid); undefined when it names none.
 * @throws FlorError RUN_AMBIGUOUS (data: revision, candidates) for a shortened oid that several commits share
 */
export async function resolveRevision(
  location: RepositoryLocation,
  revision: string,
): Promise<Oid | undefined> {
  if (revision === '' || /[\0\n]/.test(revision)) return undefined
  const options = { ...inRepository(location), expectExit: [0, 1, 128] }
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
  const { stdout, exitCode } = await git(args, options)
  const oid = stdout.toString().trim()
  if (exitCode === 0 && isOid(oid)) return oid
  if (!/^[0-9a-f]{4,63}$/i.test(revision)) return undefined
  const found = splitItems((await git(['rev-parse', `--disambiguate=${revision}`], options)).stdout, '\n')
  const candidates = await commitsAmong(location, found)
  if (candidates.length < 2) return candidates[0]
  throw new FlorError(`${revision} is ambiguous: ${candidates.length} commits begin with it`, {
    code: 'RUN_AMBIGUOUS',
    data: { revision, candidates },
  })
}

async function commitsAmong(location: RepositoryLocation, oids: readonly string[]): Promise<Oid[]> {
  if (oids.length === 0) return []
  const { stdout } = await git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    ...inRepository(location),
    input: `${oids.join('\n')}\n`,
  })
  return splitItems(stdout, '\n')
    .filter((line) => line.endsWith(' commit'))
    .map((line) => asOid(line.slice(0, line.indexOf(' '))))
}

/**
 * Changes refs in one transaction of `git update-ref`, none of the user's hooks run. Returns false, and has changed
 * nothing, when a ref did not point at its old value or was locked: read again and retry.
 * @throws FlorError GIT_FAILED
 */
export async function updateRefs(
  location: RepositoryLocation,
  updates: readonly RefUpdate[],
): Promise<boolean> {
  if (updates.length === 0) return true
  const none = '0'.repeat(location.objectFormat === 'sha1' ? 40 : 64)
  const input = updates
    .map(({ ref, oid, old }) => {
      if (oid !== null) return `update ${ref}\0${oid}\0${old ?? none}\0`
      return old === null ? `verify ${ref}\0${none}\0` : `delete ${ref}\0${old}\0`
    })
    .join('')
  try {
    await git([...WITHOUT_HOOKS, 'update-ref', '-m', 'flor', '-z', '--stdin'], {
      ...inRepository(location),
      input,
    })
    return true
  } catch (error) {
    if (!isFlorError(error, 'GIT_FAILED')) throw error
    const stderr = String(error.data.stderr)
    if (/\.lock': File exists|lock is held|reftable: .*lock/i.test(stderr)) {
      removeStaleLock(location, stderr)
      return false
    }
    // Messages change between versions of git: the refs themselves say whether an old value did not match.
    const now = new Map(
      (
        await listRefs(
          location,
          updates.map((update) => update.ref),
        )
      ).map((r) => [r.ref, r.oid]),
    )
    if (updates.some(({ ref, old }) => (now.get(ref) ?? null) !== old)) return false
    // Everything matches by now: git lost a race that is over, unless it keeps failing for another reason.
    if (/but expected|reference already exists|unable to resolve reference/.test(stderr)) return false
    throw error
  }
}

/** git holds a ref's lock for milliseconds. */
const STALE_LOCK_MS = 60_000

/**
 * A git that was killed inside a transaction leaves its lock file, and every later update of that ref would fail. Nobody but
 * us writes refs of shards, so an old lock of one of these is removed; locks of the user's own refs are the user's to judge.
 */
function removeStaleLock(location: RepositoryLocation, stderr: string): void {
  const path = /Unable to create '(.+\.lock)': File exists/.exec(stderr)?.[1]
  if (path === undefined) return
  const inside = relative(location.commonDir, resolve(inRepository(location).cwd, path))
  if (!/^refs\/(?:notes\/flor(?:-summary)?|flor)\/[^.].*$/.test(inside)) return
  const stat = statSync(join(location.commonDir, inside), { throwIfNoEntry: false })
  if (stat !== undefined && Date.now() - stat.mtimeMs > STALE_LOCK_MS) {
    rmSync(join(location.commonDir, inside), { force: true })
  }
}

/**
 * Runs a read–build–{@link updateRefs} attempt until it succeeds: `attempt` returns undefined when another process was
 * faster. Waits a random, growing while between attempts.
 * @throws FlorError REF_CONTENDED (data: what, attempts) when it keeps losing for `limitMs`
 */
export async function retrying<T>(
  what: string,
  attempt: () => Promise<T | undefined>,
  limitMs = 30_000,
): Promise<T> {
  const start = Date.now()
  for (let attempts = 1; ; attempts++) {
    const result = await attempt()
    if (result !== undefined) return result
    if (Date.now() - start > limitMs) {
      throw new FlorError(`${what} kept changing under us: ${attempts} attempts failed`, {
        code: 'REF_CONTENDED',
        data: { what, attempts },
      })
    }
    await wait(Math.random() * Math.min(500, 10 * 2 ** attempts))
  }
}

import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FlorError, isFlorError } from '../model/errors.js'
import { keptObjectPath, lfsObjectPath, lfsObjectsDirSync, linkOrCopySync } from './lfs-paths.js'
import { formatPointer, type LfsObject } from './lfs-pointer.js'
import { checkpointsDir, inRepository, type RepositoryLocation } from './location.js'
import { FILE_MODE } from './object-codec.js'
import type { ObjectStore } from './object-store.js'
import { type GitResult, git, splitItems } from './process.js'
import { listening } from './transfer-progress.js'

/**
 * Makes sure that objects are on this machine, and returns where: SHA-256 → path of a file whose content has been checked.
 * Taken from our own hard links, from git-lfs's objects, or fetched from the remotes (all where none are given, in order) by stock
 * git-lfs, in one transfer. Objects that `git lfs prune` removed are put back.
 * @throws FlorError LFS_OBJECT_MISSING (data: objects, remotes, reason), LFS_MISSING
 */
export async function ensureObjects(
  location: RepositoryLocation,
  store: ObjectStore,
  objects: readonly LfsObject[],
  options: { readonly remotes?: readonly string[]; readonly onProgress?: (line: string) => void } = {},
): Promise<Map<string, string>> {
  const objectsDir = lfsObjectsDirSync(location)
  const paths = new Map<string, string>()
  const lookUp = async (wanted: readonly LfsObject[]): Promise<LfsObject[]> => {
    const absent: LfsObject[] = []
    for (const object of wanted) {
      const path = await findObject(location, objectsDir, object)
      if (path === undefined) absent.push(object)
      else paths.set(object.sha256, path)
    }
    return absent
  }
  let absent = await lookUp(unique(objects))
  if (absent.length === 0) return paths
  const remotes = options.remotes ?? splitItems((await git(['remote'], inRepository(location))).stdout, '\n')
  let reason = 'there is no remote to fetch them from'
  for (const remote of remotes) {
    // git-lfs fetches what the pointers of a tree name: a tree of exactly these pointers fetches exactly these objects.
    const entries = await Promise.all(
      absent.map(async (object) => ({
        mode: FILE_MODE,
        name: `${object.sha256}.safetensors`,
        oid: await store.writeBlob(Buffer.from(formatPointer(object))),
      })),
    )
    const answer = await runLfs(
      location,
      ['fetch', remote, await store.writeTree(entries)],
      options.onProgress,
    )
    absent = await lookUp(absent)
    if (absent.length === 0) return paths
    reason = lastLine(answer.stderr) || `${remote} does not have them`
  }
  const shas = absent.map((object) => object.sha256)
  throw new FlorError(
    `${shas.length} objects of Git LFS are neither here nor on ${remotes.join(', ') || 'a remote'}: ${reason}`,
    {
      code: 'LFS_OBJECT_MISSING',
      data: { objects: shas, remotes, reason },
    },
  )
}

/**
 * Pushes the LFS objects of everything that a ref reaches, by stock git-lfs: those that the remote's branches do not reach, or with `all` every one, for a
 * remote that was given refs without their objects. Without git-lfs nothing is pushed where there is no checkpoint.
 * @throws FlorError LFS_MISSING, LFS_FAILED (data: remote, stderr)
 */
export async function pushObjects(
  location: RepositoryLocation,
  remote: string,
  ref: string,
  options: { readonly all?: boolean; readonly onProgress?: (line: string) => void } = {},
): Promise<void> {
  const kept = await relinkKept(location)
  let answer: GitResult
  try {
    const all = options.all === true ? ['--all'] : []
    answer = await runLfs(location, ['push', ...all, remote, ref], options.onProgress)
  } catch (error) {
    if (isFlorError(error, 'LFS_MISSING') && kept === 0) return
    throw error
  }
  if (answer.exitCode === 0) return
  throw new FlorError(`objects of Git LFS could not be pushed to ${remote}: ${lastLine(answer.stderr)}`, {
    code: 'LFS_FAILED',
    data: { remote, ref, stderr: answer.stderr },
  })
}

/** Puts back every kept checkpoint that `git lfs prune` took away. Returns how many checkpoints are kept. */
export async function relinkKept(location: RepositoryLocation): Promise<number> {
  const names = await readdir(checkpointsDir(location), { recursive: true }).catch(() => [])
  const shas = names.map((name) => basename(name)).filter((name) => /^[0-9a-f]{64}$/.test(name))
  if (shas.length === 0) return 0
  const objectsDir = lfsObjectsDirSync(location)
  for (const sha256 of shas)
    linkOrCopySync(keptObjectPath(location, sha256), lfsObjectPath(objectsDir, sha256))
  return shas.length
}

/** An intact file of an object, under both of its names; a damaged one is removed, so that it can be had anew. */
async function findObject(
  location: RepositoryLocation,
  objectsDir: string,
  object: LfsObject,
): Promise<string | undefined> {
  const kept = keptObjectPath(location, object.sha256)
  const shared = lfsObjectPath(objectsDir, object.sha256)
  for (const path of [kept, shared]) {
    if (!existsSync(path)) continue
    if (await isIntact(path, object)) {
      linkOrCopySync(path, kept)
      linkOrCopySync(path, shared)
      return kept
    }
    await rm(path, { force: true })
  }
  return undefined
}

async function isIntact(path: string, object: LfsObject): Promise<boolean> {
  if ((await stat(path)).size !== object.sizeBytes) return false
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex') === object.sha256
}

/** Runs git-lfs; its exit code is the caller's to judge. @throws FlorError LFS_MISSING */
async function runLfs(
  location: RepositoryLocation,
  args: readonly string[],
  onProgress?: (line: string) => void,
): Promise<GitResult> {
  const { cwd, env } = inRepository(location)
  const answer = await git(['lfs', ...args], {
    cwd,
    // git-lfs looks for a terminal by itself, and has none.
    env: onProgress === undefined ? env : { ...env, GIT_LFS_FORCE_PROGRESS: '1' },
    expectExit: EVERY_EXIT,
    ...listening(onProgress),
  })
  if (answer.exitCode === 1 && /'lfs' is not a git command/.test(answer.stderr)) {
    throw new FlorError('git-lfs is not installed', {
      code: 'LFS_MISSING',
      data: { argv: ['git', 'lfs', ...args] },
    })
  }
  return answer
}

const EVERY_EXIT = Array.from({ length: 256 }, (_, i) => i)

function unique(objects: readonly LfsObject[]): LfsObject[] {
  return [...new Map(objects.map((object) => [object.sha256, object])).values()]
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n')
  return (lines.find((line) => /^(error|fatal)|missing/i.test(line)) ?? lines.at(-1) ?? '').trim()
}

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FlorError } from '../model/errors.js'
import { randomWriter, readFlorConfigSync, replaceWriterSync, WRITER_NAME } from './config.js'
import { pushObjects } from './lfs.js'
import { florDir, inRepository, type RepositoryLocation } from './location.js'
import { type GitResult, git, gitFailure, splitItems, WITHOUT_HOOKS } from './process.js'
import { type RefUpdate, updateRefs } from './refs.js'
import { listShards, type Shard, shardNotesRef, shardRunsRef, shardSummariesRef } from './shards.js'
import { listening } from './transfer-progress.js'

/** What a push of this clone's shard did. */
export interface PushedShards {
  /** Whether the remote took something; false when it had everything, or there is nothing yet. */
  readonly isNew: boolean
  /** This clone's writer after the push; absent while nothing has been recorded. */
  readonly writer?: string
  /** The writer before, where the remote's shard of that name was another clone's. */
  readonly renamedFrom?: string
}

export interface PushOptions {
  /**
   * Whether LFS objects go along (they do where this is absent). Without, others see all runs and values, and cannot replay from checkpoints until a
   * later push brings them.
   */
  readonly withCheckpoints?: boolean
  /** Gets what git and git-lfs say of how the transfer gets on: `Writing objects:  12% (120/1000)`. */
  readonly onProgress?: (line: string) => void
}

/**
 * Pushes this clone's own shard: the LFS objects first, since a pointer without its object is of no use to anybody, then
 * its refs, fast-forward only. Where the remote has other commits under our name, this clone was copied: it takes a new name,
 * moves its shard there, and pushes that. No hook of the user runs.
 * @throws FlorError REMOTE_MISSING (data: remote), PUSH_REJECTED (data: remote, ref, reason), LFS_MISSING, LFS_FAILED, GIT_FAILED
 */
export async function pushShards(
  location: RepositoryLocation,
  remote: string,
  options: PushOptions = {},
): Promise<PushedShards> {
  await requireRemote(location, remote)
  const { withCheckpoints = true, onProgress } = options
  let renamedFrom: string | undefined
  for (let attempt = 0; ; attempt++) {
    const { writer } = readFlorConfigSync(location)
    if (writer === undefined) return { isNew: false }
    const told = renamedFrom === undefined ? { writer } : { writer, renamedFrom }
    const shards = await listShards(location)
    const own = shards.find((shard) => shard.remote === undefined && shard.writer === writer)
    if (own === undefined) return { isNew: false, ...told }
    if (withCheckpoints) await pushCheckpoints(location, remote, shardRunsRef(own), onProgress)
    else oweCheckpoints(location, remote)
    const answer = await pushRefs(location, remote, own, onProgress)
    if (answer === 'diverged' && attempt < 3) {
      await moveShard(location, own)
      renamedFrom ??= writer
      continue
    }
    if (answer === 'diverged') throw rejected(remote, shardNotesRef(own), 'non-fast-forward')
    await noteTracking(location, remote, own)
    return { isNew: answer === 'pushed', ...told }
  }
}

/**
 * Fetches all shards of a remote into `refs/flor/remotes/<remote>/…`, and the run commits with them; LFS objects come on
 * demand. Returns the shards that are new or have changed. Nothing is taken away that was fetched before, and refs whose
 * writers have no valid names are removed again: what is fetched is untrusted.
 * @throws FlorError REMOTE_MISSING (data: remote), GIT_FAILED
 */
export async function fetchShards(
  location: RepositoryLocation,
  remote: string,
  options: Pick<PushOptions, 'onProgress'> = {},
): Promise<Shard[]> {
  if (!(await listRemotes(location)).includes(remote)) throw remoteMissing(remote)
  const before = new Map((await shardsOf(location, remote)).map((shard) => [shard.writer, shard]))
  const { onProgress } = options
  const quiet = [
    onProgress === undefined ? '--quiet' : '--progress',
    '--no-tags',
    '--no-prune',
    '--no-recurse-submodules',
    '--no-write-fetch-head',
    '--refmap=',
  ]
  const args = [
    ...WITHOUT_HOOKS,
    '-c',
    'gc.auto=0',
    '-c',
    'maintenance.auto=false',
    'fetch',
    ...quiet,
    remote,
  ]
  await git([...args, ...fetchRefspecs(remote)], { ...inRepository(location), ...listening(onProgress) })
  await dropInvalid(location, remote)
  return (await shardsOf(location, remote)).filter(({ writer, notes, runs }) => {
    const old = before.get(writer)
    return old === undefined || old.notes !== notes || old.runs !== runs
  })
}

/** The refspecs that bring a remote's shards. */
export function fetchRefspecs(remote: string): string[] {
  return [
    `+refs/notes/flor/*:refs/flor/remotes/${remote}/notes/*`,
    `+refs/flor/runs/*:refs/flor/remotes/${remote}/runs/*`,
    `+refs/notes/flor-summary/*:refs/flor/remotes/${remote}/summaries/*`,
  ]
}

/** The remote that is meant when none is named: the branch's own, `remote.pushDefault`, the only one, or `origin`; undefined without remotes. */
export async function defaultRemote(location: RepositoryLocation): Promise<string | undefined> {
  const remotes = await listRemotes(location)
  const branch = location.branch?.replace(/^refs\/heads\//, '')
  const keys =
    branch === undefined ? ['remote.pushDefault'] : [`branch.${branch}.remote`, 'remote.pushDefault']
  for (const key of keys) {
    const answer = await git(['config', '--get', key], { ...inRepository(location), expectExit: [0, 1] })
    const name = answer.stdout.toString().trim()
    if (remotes.includes(name)) return name
  }
  return remotes.length === 1 || !remotes.includes('origin') ? remotes[0] : 'origin'
}

/** Names of the configured remotes. */
export async function listRemotes(location: RepositoryLocation): Promise<string[]> {
  return splitItems((await git(['remote'], inRepository(location))).stdout, '\n')
}

async function shardsOf(location: RepositoryLocation, remote: string): Promise<Shard[]> {
  return (await listShards(location)).filter((shard) => shard.remote === remote)
}

/** A hook is given a remote's address where it has no name: that is one, too. */
async function requireRemote(location: RepositoryLocation, remote: string): Promise<void> {
  if ((await listRemotes(location)).includes(remote)) return
  if (remote.startsWith('-') || !/[/:\\]/.test(remote)) throw remoteMissing(remote)
}

function remoteMissing(remote: string): FlorError {
  return new FlorError(`there is no remote called ${JSON.stringify(remote)}`, {
    code: 'REMOTE_MISSING',
    data: { remote },
  })
}

/** git-lfs takes pointers that the remote has for objects that it has: after a push without objects, all are offered once. */
async function pushCheckpoints(
  location: RepositoryLocation,
  remote: string,
  ref: string,
  onProgress: PushOptions['onProgress'],
): Promise<void> {
  const owed = owedCheckpoints(location, remote)
  const all = existsSync(owed)
  await pushObjects(location, remote, ref, { all, ...(onProgress === undefined ? {} : { onProgress }) })
  if (all) rmSync(owed)
}

function oweCheckpoints(location: RepositoryLocation, remote: string): void {
  const path = owedCheckpoints(location, remote)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
}

/** A file that exists while a remote may have pointers without their objects. */
function owedCheckpoints(location: RepositoryLocation, remote: string): string {
  return join(florDir(location), 'checkpoints-owed', encodeURIComponent(remote))
}

async function pushRefs(
  location: RepositoryLocation,
  remote: string,
  shard: Shard,
  onProgress: PushOptions['onProgress'],
): Promise<'pushed' | 'up-to-date' | 'diverged'> {
  const refs = [shardRunsRef(shard), shardNotesRef(shard)]
  if (shard.summaries !== undefined) refs.push(shardSummariesRef(shard))
  const refspecs = refs.map((ref) => `${ref}:${ref}`)
  // --no-verify: our own pre-push hook would call us again.
  const quiet = ['--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no']
  if (onProgress !== undefined) quiet.push('--progress')
  const args = [...WITHOUT_HOOKS, 'push', ...quiet, remote, ...refspecs]
  const answer = await git(args, {
    ...inRepository(location),
    expectExit: [0, 1],
    ...listening(onProgress),
  })
  const results = parsePush(answer)
  const refused = results.filter(({ flag }) => flag === '!')
  if (
    refused.some(({ summary }) =>
      /\((?:non-fast-forward|fetch first|stale info|already exists)\)/.test(summary),
    )
  ) {
    return 'diverged'
  }
  if (refused[0] !== undefined) throw rejected(remote, refused[0].ref, refused[0].summary)
  if (answer.exitCode !== 0) throw gitFailure(args, location.topLevel ?? location.gitDir, answer)
  return results.some(({ flag }) => flag !== '=') ? 'pushed' : 'up-to-date'
}

function rejected(remote: string, ref: string, reason: string): FlorError {
  return new FlorError(`${remote} refused ${ref}: ${reason}`, {
    code: 'PUSH_REJECTED',
    data: { remote, ref, reason },
  })
}

/** Lines of `git push --porcelain`: `<flag>\t<from>:<to>\t<summary> (<reason>)`. */
function parsePush(answer: GitResult): { flag: string; ref: string; summary: string }[] {
  return splitItems(answer.stdout, '\n').flatMap((line) => {
    const match = /^(.)\t[^\t]*:([^\t]*)\t(.*)$/.exec(line)
    return match === null
      ? []
      : [{ flag: match[1] as string, ref: match[2] as string, summary: match[3] as string }]
  })
}

/** Gives the clone a new name and moves its shard there; what lies on the remote under the old name is another clone's. */
async function moveShard(location: RepositoryLocation, own: Shard): Promise<void> {
  const next = { writer: randomWriter() }
  const moves: RefUpdate[] = []
  for (const [refOf, oid] of [
    [shardRunsRef, own.runs],
    [shardNotesRef, own.notes],
    [shardSummariesRef, own.summaries],
  ] as const) {
    if (oid === undefined) continue
    moves.push({ ref: refOf(next), oid, old: null }, { ref: refOf(own), oid: null, old: oid })
  }
  // False when a seal was faster: the next attempt reads again.
  if (await updateRefs(location, moves)) replaceWriterSync(location, own.writer, next.writer)
}

/** What was pushed is what a fetch would bring; git notes that itself only where a refspec says so. */
async function noteTracking(location: RepositoryLocation, remote: string, own: Shard): Promise<void> {
  if (!(await listRemotes(location)).includes(remote)) return
  const fetched = { writer: own.writer, remote }
  const updates = [
    ...(own.runs === undefined ? [] : [`update ${shardRunsRef(fetched)}\0${own.runs}\0\0`]),
    ...(own.notes === undefined ? [] : [`update ${shardNotesRef(fetched)}\0${own.notes}\0\0`]),
    ...(own.summaries === undefined ? [] : [`update ${shardSummariesRef(fetched)}\0${own.summaries}\0\0`]),
  ]
  const input = updates.join('')
  await git([...WITHOUT_HOOKS, 'update-ref', '-z', '--stdin'], { ...inRepository(location), input })
}

async function dropInvalid(location: RepositoryLocation, remote: string): Promise<void> {
  const prefix = `refs/flor/remotes/${remote}/`
  const { stdout } = await git(['for-each-ref', '--format=%(refname)', prefix], inRepository(location))
  const invalid = splitItems(stdout, '\n').filter((ref) => {
    const writer = /^(?:notes|runs|summaries)\/(.+)$/.exec(ref.slice(prefix.length))?.[1]
    return writer === undefined || !WRITER_NAME.test(writer)
  })
  if (invalid.length === 0) return
  const input = invalid.map((ref) => `delete ${ref}\0\0`).join('')
  await git([...WITHOUT_HOOKS, 'update-ref', '-z', '--stdin'], { ...inRepository(location), input })
}

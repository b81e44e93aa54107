import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkpointsDir, packagesDir } from '../git/location.js'
import { listRefs, updateRefs } from '../git/refs.js'
import { pruneWorktrees } from '../git/worktree.js'
import { releaseAbandoned } from '../replay/held-commits.js'
import { readSpool } from '../segment/spool-reader.js'
import type { FlorRepository } from './flor-repository.js'
import { pendingSpools } from './pending-spools.js'
import { sealPending } from './seal.js'

/** What was cleared away. */
export interface Collected {
  readonly worktrees: number
  /** Hard links to checkpoints that no run names. */
  readonly checkpoints: { readonly count: number; readonly sizeBytes: number }
  /** Leftovers of seals and replays that were cut short, their refs, and refs of runs that never wrote anything. */
  readonly leftovers: number
  /** Installed packages of past versions that no replay has used for a day. */
  readonly packages: number
}

/** How old something unnamed must be before it counts as left over: a run may be just about to name it. */
const GRACE_MS = 24 * 60 * 60 * 1000

/**
 * Clears away what nothing refers to: worktrees whose process is gone, links to checkpoints that no run names, leftovers of interrupted
 * seals and replays, packages of past versions. Never touches a run, a record or a checkpoint of one.
 */
export async function collectGarbage(repository: FlorRepository): Promise<Collected> {
  await sealPending(repository)
  return {
    worktrees: (await pruneWorktrees(repository.location)).length,
    checkpoints: await dropUnnamedCheckpoints(repository),
    leftovers:
      (await dropSealRemains(repository)) +
      (await dropReplayRemains(repository)) +
      (await releaseAbandoned(repository.location, await repository.objects())) +
      (await dropPendingRefs(repository)),
    packages: await dropUnusedPackages(repository),
  }
}

/** A replay touches the folder that it uses. What an interrupted installation left is among them. */
async function dropUnusedPackages(repository: FlorRepository): Promise<number> {
  const root = packagesDir(repository.location)
  let count = 0
  for (const name of await readdir(root).catch(() => [])) {
    const folder = join(root, name)
    if (Date.now() - (await stat(folder)).mtimeMs < GRACE_MS) continue
    await rm(folder, { recursive: true, force: true })
    count += 1
  }
  return count
}

async function dropUnnamedCheckpoints(repository: FlorRepository): Promise<Collected['checkpoints']> {
  const named = await namedCheckpoints(repository)
  const root = checkpointsDir(repository.location)
  let [count, sizeBytes] = [0, 0]
  for (const name of await readdir(root, { recursive: true }).catch(() => [])) {
    const path = join(root, name)
    const found = await stat(path)
    if (!found.isFile() || named.has(basename(name)) || Date.now() - found.mtimeMs < GRACE_MS) continue
    await rm(path, { force: true })
    count += 1
    sizeBytes += found.size
  }
  return { count, sizeBytes }
}

/** SHA-256 of every checkpoint file that a sealed run or a spool names. */
async function namedCheckpoints(repository: FlorRepository): Promise<Set<string>> {
  const named = new Set<string>()
  const index = await repository.index()
  const total = await index.count()
  let done = 0
  for await (const entry of index.runs()) {
    repository.step({ what: 'reading what runs need', done: done++, total })
    if (entry.checkpoints.count === 0) continue
    const record = await index.recordSegment(entry.run)
    for (const { files } of record?.checkpoints ?? []) for (const { sha256 } of files) named.add(sha256)
  }
  repository.step(undefined)
  for (const id of await pendingSpools(repository)) {
    const folder = join(repository.florDir, 'spool', id)
    if (!existsSync(join(folder, 'events'))) continue
    for (const event of readSpool(folder).events) {
      if (event.op === 'checkpoint') for (const { sha256 } of event.checkpoint.files) named.add(sha256)
    }
  }
  return named
}

async function dropSealRemains(repository: FlorRepository): Promise<number> {
  const root = join(repository.florDir, 'spool')
  const remains = (await readdir(root).catch(() => [])).filter((name) => name.endsWith('.sealed'))
  for (const name of remains) await rm(join(root, name), { recursive: true, force: true })
  return remains.length
}

/** Plans and spools of replays whose process was killed: what a replay in progress writes is younger. */
async function dropReplayRemains(repository: FlorRepository): Promise<number> {
  const root = join(repository.florDir, 'replays')
  let count = 0
  for (const name of await readdir(root).catch(() => [])) {
    const folder = join(root, name)
    if (Date.now() - (await lastWritten(folder)) < GRACE_MS) continue
    await rm(folder, { recursive: true, force: true })
    count += 1
  }
  return count
}

/** When something in a folder was written last, in milliseconds since 1970. A file that vanishes meanwhile was written now. */
async function lastWritten(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const times = ['', ...names].map((name) =>
    stat(join(folder, name)).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    ),
  )
  return Math.max(...(await Promise.all(times)))
}

/** A pending ref without a spool belongs to a run that died before it wrote anything. */
async function dropPendingRefs(repository: FlorRepository): Promise<number> {
  const refs = await listRefs(repository.location, ['refs/flor/pending'])
  const spools = new Set(await pendingSpools(repository))
  const orphans = refs.filter(
    ({ ref }) => !spools.has(basename(ref)) && startedBefore(basename(ref), Date.now() - GRACE_MS),
  )
  if (orphans.length > 0)
    await updateRefs(
      repository.location,
      orphans.map(({ ref, oid }) => ({ ref, oid: null, old: oid })),
    )
  return orphans.length
}

/** A run's id begins with the time of its start in base 36. */
function startedBefore(id: string, timeMs: number): boolean {
  return Number.parseInt(id.split('-')[0] as string, 36) < timeMs
}

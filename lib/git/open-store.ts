import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BinaryObjectStore } from './binary-store.js'
import { inRepository, type RepositoryLocation } from './location.js'
import type { ObjectStore } from './object-store.js'
import { git, splitItems } from './process.js'

/**
 * Opens the objects of a repository: in this process where isomorphic-git supports it, else through git. Close the store
 * when done. One spawn, of `git config`.
 */
export async function openObjectStore(location: RepositoryLocation): Promise<ObjectStore> {
  if (await needsGit(location)) return new BinaryObjectStore(location)
  // Loaded only here: it is the largest module that we have, and most callers of lib/git do without.
  const { IsomorphicObjectStore } = await import('./isomorphic-store.js')
  return new IsomorphicObjectStore(location)
}

/** What isomorphic-git does not know: SHA-256, reftable, alternates, partial clones, shared permissions, other object folders. */
async function needsGit(location: RepositoryLocation): Promise<boolean> {
  if (location.objectFormat !== 'sha1' || location.refFormat !== 'files') return true
  if (existsSync(join(location.commonDir, 'objects/info/alternates'))) return true
  if (process.env.GIT_OBJECT_DIRECTORY || process.env.GIT_ALTERNATE_OBJECT_DIRECTORIES) return true
  const pattern =
    '^(extensions\\.(partialclone|compatobjectformat)|remote\\..*\\.promisor|core\\.sharedrepository)$'
  const settings = await git(['config', '-z', '--get-regexp', pattern], {
    ...inRepository(location),
    expectExit: [0, 1],
  })
  return splitItems(settings.stdout).length > 0
}

import { installHooks, removeHooks } from './hooks.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { git, splitItems } from './process.js'
import { fetchRefspecs, listRemotes } from './sharing.js'

/**
 * Sets a clone up: hooks, and fetch refspecs for every remote, so that `git fetch` brings the runs of others. No working
 * file changes; doing it again changes nothing. Returns what was done, one sentence each; empty when there was nothing to do.
 * @throws FlorError GIT_FAILED, FILE_UNREADABLE
 */
export async function initialize(location: RepositoryLocation): Promise<string[]> {
  const done = installHooks(location)
  for (const remote of await listRemotes(location)) {
    const configured = await fetchesOf(location, remote)
    // Without a refspec of its own a remote is not fetched by name, and a mirror has everything: leave those as they are.
    if (configured.length === 0 || configured.some((refspec) => refspec.includes('refs/*:'))) continue
    for (const refspec of fetchRefspecs(remote)) {
      if (configured.includes(refspec)) continue
      await git(['config', '--local', '--add', `remote.${remote}.fetch`, refspec], inRepository(location))
      done.push(`remote.${remote}.fetch: ${refspec} added`)
    }
  }
  return done
}

/** Takes out what {@link initialize} put in, to the byte. Runs, and what was fetched, stay. Returns what was done. */
export async function undoInitialize(location: RepositoryLocation): Promise<string[]> {
  const done = removeHooks(location)
  for (const remote of await listRemotes(location)) {
    const configured = await fetchesOf(location, remote)
    for (const refspec of fetchRefspecs(remote)) {
      if (!configured.includes(refspec)) continue
      const args = ['config', '--local', '--fixed-value', '--unset-all', `remote.${remote}.fetch`, refspec]
      await git(args, inRepository(location))
      done.push(`remote.${remote}.fetch: ${refspec} removed`)
    }
  }
  return done
}

async function fetchesOf(location: RepositoryLocation, remote: string): Promise<string[]> {
  const answer = await git(['config', '--local', '-z', '--get-all', `remote.${remote}.fetch`], {
    ...inRepository(location),
    expectExit: [0, 1],
  })
  return splitItems(answer.stdout)
}

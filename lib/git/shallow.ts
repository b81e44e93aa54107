import { inRepository, type RepositoryLocation } from './location.js'
import { git } from './process.js'

/** Whether the history was fetched to some depth only, so that commits may be missing which the remote has. One spawn. */
export async function isShallow(location: RepositoryLocation): Promise<boolean> {
  const { stdout } = await git(['rev-parse', '--is-shallow-repository'], inRepository(location))
  return stdout.toString().trim() === 'true'
}

import { ensureObjects } from '../../git/lfs.js'
import type { LfsObject } from '../../git/lfs-pointer.js'
import { type FlorError, isFlorError } from '../../model/errors.js'
import type { FlorRepository } from '../flor-repository.js'

export interface FetchedCheckpoints {
  /** SHA-256 of files that are here, whole. */
  readonly present: readonly string[]
  /** And of those that can be had nowhere, which the user has been told. */
  readonly lost: readonly string[]
}

/** Brings checkpoint files of a run onto this machine, as far as they can be had. */
export async function fetchCheckpoints(
  repository: FlorRepository,
  files: readonly LfsObject[],
): Promise<FetchedCheckpoints> {
  const lost = new Set<string>()
  for (;;) {
    const asked = files.filter(({ sha256 }) => !lost.has(sha256))
    try {
      await ensureObjects(repository.location, await repository.objects(), asked)
      return { present: asked.map(({ sha256 }) => sha256), lost: [...lost] }
    } catch (error) {
      if (!isFlorError(error, 'LFS_OBJECT_MISSING') && !isFlorError(error, 'LFS_MISSING')) throw error
      const objects =
        (error.data.objects as readonly string[] | undefined) ?? asked.map((file) => file.sha256)
      const before = lost.size
      for (const sha256 of objects) lost.add(sha256)
      if (lost.size === before) throw error
      repository.notify({
        kind: 'warning',
        // The same words for every run: it is told once.
        message: `checkpoint files cannot be had (${whyLost(error)}); more is executed instead`,
      })
    }
  }
}

function whyLost({ code, data, message }: FlorError): string {
  if (code !== 'LFS_OBJECT_MISSING') return message
  const remotes = Array.isArray(data.remotes) ? data.remotes : []
  if (remotes.length === 0) return 'they are not here, and there is no remote to fetch them from'
  const reason = String(data.reason ?? '')
  const isAbsent = /missing object|does not have|does not exist|not found|404/i.test(reason)
  return isAbsent
    ? `they are neither here nor on ${remotes.join(', ')}: git flor push in the clone that trained the runs uploads them`
    : `fetching them from ${remotes.join(', ')} failed: ${reason.replaceAll(/\b[0-9a-f]{64}\b/g, '…')}`
}

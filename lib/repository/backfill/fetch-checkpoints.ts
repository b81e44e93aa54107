import { ensureObjects } from '../../git/lfs.js'
import type { LfsObject } from '../../git/lfs-pointer.js'
import { isFlorError } from '../../model/errors.js'
import type { RunOid } from '../../model/oid.js'
import type { FlorRepository } from '../flor-repository.js'

export interface FetchedCheckpoints {
  /** SHA-256 of files that are here, whole. */
  readonly present: readonly string[]
  /** And of those that can be had nowhere, which the user has been told. */
  readonly lost: readonly string[]
}

/** Brings a run's checkpoint files onto this machine, as far as they can be had. */
export async function fetchCheckpoints(
  repository: FlorRepository,
  run: RunOid,
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
        message: `${objects.length} checkpoint files of run ${run.slice(0, 7)} cannot be had (${error.message}); more is executed instead`,
      })
    }
  }
}

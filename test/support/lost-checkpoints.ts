import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RunEntry } from '../../lib/db/run-entry.js'
import { keptObjectPath, lfsObjectPath, lfsObjectsDirSync } from '../../lib/git/lfs-paths.js'
import type { Checkpoint } from '../../lib/model/run.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { repository, type TestRepository } from './repository.js'

/** Loses the checkpoints of a run for which `isKept` says no: their files are removed from this clone, which has no remote to fetch them from. */
export async function loseCheckpoints(
  flor: FlorRepository,
  run: RunEntry,
  isKept: (checkpoint: Checkpoint) => boolean,
): Promise<void> {
  const record = await (await flor.index()).recordSegment(run.run)
  if (record === undefined) throw new Error('the run has no record')
  const filesOf = (checkpoints: readonly Checkpoint[]): string[] =>
    checkpoints.flatMap((it) => it.files.map((file) => file.sha256))
  // Equal content is stored once.
  const kept = new Set(filesOf(record.checkpoints.filter(isKept)))
  const objects = lfsObjectsDirSync(flor.location)
  for (const sha256 of filesOf(record.checkpoints)) {
    if (kept.has(sha256)) continue
    rmSync(keptObjectPath(flor.location, sha256), { force: true })
    rmSync(lfsObjectPath(objects, sha256), { force: true })
  }
}

/** A copy of a repository with everything in it, in which other checkpoints may be lost. */
export function copyOf(t: Test, repo: TestRepository): TestRepository {
  const folder = mkdtempSync(join(tmpdir(), 'git-flor-copy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(repo.path, folder, { recursive: true, verbatimSymlinks: true })
  return repository(undefined, { path: folder })
}

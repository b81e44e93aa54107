import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { ensureWriterSync, readFlorConfigSync } from '../../git/config.js'
import { publish } from '../../git/shards.js'
import type { RunOid } from '../../model/oid.js'
import type { BackfillHeader } from '../../model/run.js'
import type { BackfillSegment, StoredColumn } from '../../segment/segment.js'
import { decodeSegments, encodeSegment } from '../../segment/segment-codec.js'
import type { FlorRepository } from '../flor-repository.js'
import { columnPath, NOTE_SHARE } from '../run-folder.js'
import { summarizeRun, tellUnsummarized } from '../run-summary.js'

/** The values of one task, and what is known of how they came to be. */
export interface BackfilledValues {
  readonly run: RunOid
  readonly columns: readonly StoredColumn[]
  readonly backfill: Omit<BackfillHeader, 'host' | 'user' | 'versions'>
}

/**
 * Stores the values beside the run's own, in this clone's shard, and keeps their patched commit alive. Returns the new segment's id.
 * @throws FlorError OBJECT_MISSING, REF_CONTENDED
 */
export async function publishBackfill(repository: FlorRepository, values: BackfilledValues): Promise<string> {
  const id = `${Date.now().toString(36)}-${randomBytes(8).toString('hex')}`
  const { run, columns, backfill } = values
  const segment: BackfillSegment = {
    v: 1,
    id,
    kind: 'backfill',
    run,
    columns,
    backfill: {
      ...backfill,
      host: hostname(),
      user: userInfo().username,
      versions: { node: process.versions.node, os: process.platform, arch: process.arch },
    },
  }
  const { note, external } = encodeSegment(segment, { noteBudgetBytes: NOTE_SHARE.backfill })
  const { location } = repository
  const config = readFlorConfigSync(location)
  const { unsummarized } = await publish(
    location,
    await repository.objects(),
    config.writer ?? ensureWriterSync(location),
    {
      run,
      segment: note,
      hasSegment: (existing) => decodeSegments(existing).segments.some((it) => it.id === id),
      files: external.map(({ file, data }) => ({ path: columnPath(file), data })),
      keepAlive: backfill.patched === run ? [] : [backfill.patched],
      subject: `run ${run.slice(0, 10)}: ${backfill.names.join(', ')} in hindsight`,
      ...(config.summaryNotes
        ? {
            summarize: (existing) =>
              summarizeRun(run, [...decodeSegments(existing).segments, segment], existing.length === 0),
          }
        : {}),
    },
  )
  tellUnsummarized(repository, run, unsummarized)
  return id
}

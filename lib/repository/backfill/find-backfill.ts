import type { RunEntry } from '../../db/run-entry.js'
import { FlorError } from '../../model/errors.js'
import type { FlorRepository } from '../flor-repository.js'
import { type FailureRecord, listFailures, readFailure } from './failure-record.js'

/** One replay: what it stored, or how it failed. `entry` is absent where the run is not known here any more. */
export type FoundBackfill =
  | { readonly kind: 'stored'; readonly entry: RunEntry; readonly backfill: RunEntry['backfills'][number] }
  | { readonly kind: 'failed'; readonly entry?: RunEntry; readonly failure: FailureRecord }

/** The fewest characters of an id that are taken. */
const SHORTEST_PREFIX = 4

/**
 * Finds a replay by its id, or the beginning of one.
 * @throws FlorError BACKFILL_NOT_FOUND (data: text), also where several begin so; FILE_UNREADABLE
 */
export async function findBackfill(repository: FlorRepository, text: string): Promise<FoundBackfill> {
  const isMeant = (id: string) => id === text || (text.length >= SHORTEST_PREFIX && id.startsWith(text))
  const index = await repository.index()
  const found: (() => Promise<FoundBackfill>)[] = []
  const ids: string[] = []
  for (const id of (await listFailures(repository)).filter(isMeant)) {
    ids.push(id)
    found.push(async () => {
      const failure = await readFailure(repository, id)
      const entry = await index.entry(failure.run)
      return entry === undefined ? { kind: 'failed', failure } : { kind: 'failed', entry, failure }
    })
  }
  for await (const entry of index.runs({ newestFirst: true })) {
    for (const backfill of entry.backfills.filter((it) => isMeant(it.id))) {
      ids.push(backfill.id)
      found.push(async () => ({ kind: 'stored', entry, backfill }))
    }
  }
  const exact = ids.indexOf(text)
  const [only, ...others] = exact === -1 ? found : [found[exact]]
  if (only !== undefined && others.length === 0) return only()
  const why =
    only === undefined ? 'no backfill has the id' : `${ids.length} backfills have ids that begin with`
  throw new FlorError(`${why} ${JSON.stringify(text)}`, { code: 'BACKFILL_NOT_FOUND', data: { text } })
}

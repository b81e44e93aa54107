import type { RunEntry } from '../db/run-entry.js'
import type { RunIndex } from '../db/run-index.js'
import { resolveRevision } from '../git/refs.js'
import { FlorError } from '../model/errors.js'
import type { RunOid } from '../model/oid.js'
import type { FlorRepository } from './flor-repository.js'

/** The fewest digits of an oid that Git takes. */
const SHORTEST_PREFIX = 4

/**
 * Finds the run that the user means: a run oid or a unique beginning of one (four digits or more); `latest`, or `latest~2` for the second before
 * it; or a revision of Git: that of a run commit, or of a commit on which exactly one run was based.
 * @throws FlorError NO_RUNS; RUN_NOT_FOUND (data: text); RUN_AMBIGUOUS (data: text, candidates: RunEntry[], newest first)
 */
export async function resolveRun(repository: FlorRepository, text: string): Promise<RunEntry> {
  const index = await repository.index()
  const back = /^latest(?:~(\d{1,9}))?$/.exec(text)
  if (back !== null) return await runFromLatest(index, text, Number(back[1] ?? 0))
  const byPrefix = await entriesWithPrefix(index, text)
  if (byPrefix.length > 0) return onlyOne(byPrefix, text)
  const commit = await resolveRevision(repository.location, text)
  if (commit !== undefined) {
    const run = await index.entry(commit as RunOid)
    if (run !== undefined) return run
    const based: RunEntry[] = []
    for await (const entry of index.runs({ newestFirst: true }))
      if (entry.header.base === commit) based.push(entry)
    if (based.length > 0) return onlyOne(based, text)
  }
  await runFromLatest(index, 'latest', 0)
  throw new FlorError(`no run is called ${JSON.stringify(text)}`, { code: 'RUN_NOT_FOUND', data: { text } })
}

async function runFromLatest(index: RunIndex, text: string, back: number): Promise<RunEntry> {
  let count = 0
  for await (const entry of index.runs({ newestFirst: true, limit: back + 1 }))
    if (count++ === back) return entry
  if (count === 0) throw new FlorError('no run has been recorded in this repository', { code: 'NO_RUNS' })
  throw new FlorError(`there is no run ${text}: ${count} were recorded`, {
    code: 'RUN_NOT_FOUND',
    data: { text },
  })
}

async function entriesWithPrefix(index: RunIndex, text: string): Promise<RunEntry[]> {
  const hex = text.toLowerCase()
  if (hex.length < SHORTEST_PREFIX) return []
  const entries = await Promise.all((await index.findByPrefix(hex)).map((run) => index.entry(run)))
  return entries
    .filter((entry) => entry !== undefined)
    .sort((a, b) => b.header.startedMs - a.header.startedMs)
}

function onlyOne(entries: readonly RunEntry[], text: string): RunEntry {
  const [only, ...others] = entries
  if (only !== undefined && others.length === 0) return only
  throw new FlorError(`${JSON.stringify(text)} could mean ${entries.length} runs`, {
    code: 'RUN_AMBIGUOUS',
    data: { text, candidates: entries },
  })
}

import type { RunEntry } from '../../db/run-entry.js'

/** How the listing names commits: `main~1` for those it knows. */
export type CommitNames = ReadonlyMap<string, string>

/** Which code a run ran: `main~1`, `main~1 +edits`, `feature 1a2b3c4 +edits`, or `no commit` before the first one. */
export function formatCode({ header }: RunEntry, names: CommitNames = new Map()): string {
  if (header.base === undefined) return 'no commit'
  const edits = header.clean ? '' : ' +edits'
  const known = names.get(header.base)
  if (known !== undefined) return `${known}${edits}`
  const branch = header.branch?.replace(/^refs\/heads\//, '')
  return `${branch === undefined ? '' : `${branch} `}${header.base.slice(0, 7)}${edits}`
}

/** What is worth saying of how a run ended: `exit 1`, `SIGTERM`, `interrupted`; '' where it completed. */
export function formatStatus({ end }: RunEntry): string {
  if (end.status === 'completed') return ''
  if (end.signal !== undefined) return end.signal
  if (end.status === 'failed') return `exit ${end.exitCode ?? '?'}`
  return end.status
}

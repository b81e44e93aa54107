import type { RunEntry } from '../../db/run-entry.js'
import { formatCode } from './run-code.js'

/** What surrounded a run, by name, as text: what two runs may have had differently beside arguments and code. */
export function environmentFacts(entry: RunEntry): ReadonlyMap<string, string> {
  const { header, end } = entry
  const facts: [string, string | undefined][] = [
    ['command', header.argv.join(' ')],
    ['folder', header.cwd === '' ? undefined : header.cwd],
    ['branch', header.branch?.replace(/^refs\/heads\//, '')],
    ['base', formatCode(entry)],
    ['status', end.exitCode === undefined ? (end.signal ?? end.status) : `${end.status} (${end.exitCode})`],
    ['user', header.user],
    ['host', header.host],
    ['lock file', header.lockFile && `${header.lockFile.path} ${header.lockFile.oid.slice(0, 7)}`],
    ...Object.entries(header.versions),
  ]
  return new Map(facts.filter((fact): fact is [string, string] => fact[1] !== undefined))
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { florDir, type RepositoryLocation } from '../git/location.js'

/** More is not read: some fifty thousand commits, the last ones. */
const MOST_BYTES = 4 * 1024 * 1024

const LINE = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64})\b/

/**
 * What amends and rebases made commits of, back from these: all that one of them was before. Read from `.git/flor/rewritten`, to which the post-rewrite hook
 * appends git's lines, `<old> <new>`, oldest first; of this clone alone.
 */
export function formerCommits(location: RepositoryLocation, commits: ReadonlySet<string>): Set<string> {
  const former = new Set<string>()
  for (const line of readLines(join(florDir(location), 'rewritten')).reverse()) {
    const [, before = '', after = ''] = LINE.exec(line) ?? []
    if (commits.has(after) || former.has(after)) former.add(before)
  }
  return former
}

function readLines(path: string): string[] {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return []
  }
  try {
    const { size } = fstatSync(file)
    const data = Buffer.alloc(Math.min(size, MOST_BYTES))
    const count = readSync(file, data, 0, data.length, size - data.length)
    return data.toString('latin1', 0, count).split('\n')
  } finally {
    closeSync(file)
  }
}

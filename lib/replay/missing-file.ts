import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import type { MissingFile } from './executor.js'

const patterns: readonly { readonly pattern: RegExp; readonly kind: MissingFile['kind'] }[] = [
  { pattern: /ENOENT: no such file or directory, \w+ '([^'\n]+)'/g, kind: 'file' },
  { pattern: /Cannot find module '([^'\n]+)'/g, kind: 'file' },
  { pattern: /Cannot find package '([^'\n]+)'/g, kind: 'package' },
]

/** The file or package that a failed process's last output says it did not find; undefined when it says none. */
export function findMissing(
  output: string,
  places: { readonly worktree: string; readonly cwd: string; readonly userTree: string | undefined },
): MissingFile | undefined {
  let last: { at: number; text: string; kind: MissingFile['kind'] } | undefined
  for (const { pattern, kind } of patterns) {
    for (const match of output.matchAll(pattern)) {
      if (last === undefined || match.index > last.at)
        last = { at: match.index, text: match[1] as string, kind }
    }
  }
  if (last === undefined) return undefined
  const { text } = last
  const isPackage =
    last.kind === 'package' || (!isAbsolute(text) && !text.startsWith('.') && !text.includes('/'))
  const inTree = (path: string) => places.userTree !== undefined && existsSync(join(places.userTree, path))
  if (isPackage) {
    return { path: text, kind: 'package', isInWorkingTree: inTree(join('node_modules', text)) }
  }
  const within = relative(places.worktree, resolve(places.cwd, text))
  if (within.startsWith('..') || isAbsolute(within))
    return { path: text, kind: 'file', isInWorkingTree: false }
  return { path: within, kind: 'file', isInWorkingTree: inTree(within) }
}

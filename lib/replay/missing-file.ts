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
  places: {
    readonly worktree: string
    readonly cwd: string
    readonly userTree: string | undefined
    /** Whether the packages were installed without running their scripts. */
    readonly isUnbuilt?: boolean
  },
): MissingFile | undefined {
  const unbuilt = places.isUnbuilt === true ? findUnbuilt(output) : undefined
  if (unbuilt !== undefined) return { path: unbuilt, kind: 'unbuilt', isInWorkingTree: false }
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

/** How packages say that what is built as they are installed is not there: `bindings`, `node-gyp-build`, sharp, and node itself. */
const UNBUILT =
  /Could not locate the bindings file|No native build was found|Cannot find module '[^'\n]+\.node'|Could not load the "[^"\n]+" module|went wrong installing the "[^"\n]+" module|ERR_DLOPEN_FAILED/

/** They look for what others have built. */
const LOADERS: ReadonlySet<string> = new Set(['bindings', 'node-gyp-build', 'node-pre-gyp'])

/** The package whose compiled part is missing, by what a failed process said; undefined where it is something else that failed. */
function findUnbuilt(output: string): string | undefined {
  const said = UNBUILT.exec(output)
  if (said === null) return undefined
  const quoted = /"([^"]+)" module$/.exec(said[0])?.[1]
  if (quoted !== undefined) return quoted
  const packages = [...output.slice(said.index).matchAll(/node_modules\/((?:@[^/\s'"]+\/)?[^/\s'"@]+)\//g)]
  return packages.map((match) => match[1] as string).find((name) => !LOADERS.has(name))
}

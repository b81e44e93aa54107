import { posix } from 'node:path'
import { getLanguage } from './language.js'
import type { Binding, ImportedName, SyntaxTree } from './syntax.js'

/**
 * Whether `older` can stand for `newer`: anything can for a name that is not imported; an imported one is only
 * the same name of the same module, for a namesake of another module is another thing.
 */
export function canStandFor(
  newerTree: SyntaxTree,
  newer: Binding,
  olderTree: SyntaxTree,
  older: Binding | string,
): boolean {
  const { imported } = newer
  if (!imported) return true
  if (typeof older === 'string' || !older.imported) return false
  const isRelative = getLanguage(newerTree.source.path).isRelative(imported.module)
  return (
    isSameModule(newerTree, imported, olderTree, older.imported) &&
    (imported.imported === older.imported.imported ||
      (isWhole(imported) &&
        isWhole(older.imported) &&
        (!isRelative || newerTree.modules !== olderTree.modules)))
  )
}

/** Written alike up to an extension, or the same file as seen from where each version's file lies. */
function isSameModule(
  newerTree: SyntaxTree,
  a: ImportedName,
  olderTree: SyntaxTree,
  b: ImportedName,
): boolean {
  if (bareName(a.module) === bareName(b.module)) return true
  const language = getLanguage(newerTree.source.path)
  if (!language.isRelative(a.module) || !language.isRelative(b.module)) return false
  const fileOf = (tree: SyntaxTree, module: string) =>
    bareName(posix.join(posix.dirname(tree.source.path), module))
  return fileOf(newerTree, a.module) === fileOf(olderTree, b.module)
}

function bareName(module: string): string {
  return module.replace(/^node:/, '').replace(/\.[cm]?[jt]sx?$/, '')
}

/** A module as a whole: its namespace and its default export are one thing where the two kinds of modules meet. */
function isWhole({ imported }: ImportedName): boolean {
  return imported === '*' || imported === 'default'
}

/** How an import reads in a message: "`norm` of './math.js'". */
export function formatImported({ module, imported }: ImportedName): string {
  if (imported === '*') return `the module '${module}'`
  return imported === 'default' ? `the default export of '${module}'` : `\`${imported}\` of '${module}'`
}

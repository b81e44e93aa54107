import { getLanguage } from './language.js'
import type { SourceFile, SyntaxTree } from './syntax.js'

const kept = 12
const recent: SyntaxTree[] = []

/**
 * The tree of a file; the last dozen are remembered, because one new version is compared with many old ones.
 * @throws FlorError LANGUAGE_UNSUPPORTED, SOURCE_SYNTAX
 */
export function parseCached(source: SourceFile): SyntaxTree {
  const at = recent.findIndex((tree) => tree.source.path === source.path && tree.source.text === source.text)
  const tree = at === -1 ? getLanguage(source.path).parse(source) : (recent.splice(at, 1)[0] as SyntaxTree)
  recent.push(tree)
  if (recent.length > kept) recent.shift()
  return tree
}

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { NodePath, Scope } from '@babel/traverse'
import t from 'tap'
import { parseFile } from '../../../lib/propagate/languages/javascript/parse.js'
import { parseCached } from '../../../lib/propagate/parse-cache.js'

const require = createRequire(import.meta.url)
const traverse = (require('@babel/traverse') as typeof import('@babel/traverse')).default

/** What @babel/traverse says: the offset of each reading identifier, and the offset of its declaration. */
function readBabel(path: string, text: string): Map<number, number | undefined> {
  const found = new Map<number, number | undefined>()
  const find = (scope: Scope, name: string) => scope.getBinding(name)?.identifier.start ?? undefined
  traverse(parseFile({ path, text }), {
    ReferencedIdentifier(inner: NodePath) {
      const { node } = inner
      if (node.type === 'Identifier') found.set(node.start ?? -1, find(inner.scope, node.name))
    },
  })
  return found
}

/** The installed packages, found from one of them: their `exports` do not let files be named. */
const folder = join(dirname(require.resolve('recast/package.json')), '..')
const sources = ['recast/lib/printer.js', 'recast/lib/patcher.js', '@babel/traverse/lib/scope/index.js']

t.test("names are bound as @babel/traverse binds them, in other people's files", async (t) => {
  let compared = 0
  for (const name of sources) {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const tokens = new Map(parseCached({ path, text }).tokens.map((token) => [token.start, token]))
    for (const [start, declared] of readBabel(path, text)) {
      const token = tokens.get(start)
      if (token?.role !== 'name') continue
      compared++
      const isSame = token.binding?.start === declared
      if (!isSame) t.fail(`${name}: ${token.text} at ${start}`)
    }
  }
  t.ok(compared > 3000, `${compared} names compared`)
})

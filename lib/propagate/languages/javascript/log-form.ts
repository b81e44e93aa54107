import type { LogForm, NamedExpression } from '../../language.js'
import { isDefinedAt } from '../../resolve.js'
import type { Binding, Block, SyntaxTree } from '../../syntax.js'
import { florModule } from './flor-calls.js'
import { usesDoubleQuotes, usesSemicolons } from './imports.js'

/**
 * `flor.log('wnorm', norm(w))`, by the name that the file itself gives to the runtime, or to its `log`. Where it has neither, or
 * something else hides it there, the runtime is to be imported under a name that the file uses for nothing.
 */
export function formatLog(
  tree: SyntaxTree,
  { block, offset }: { block: Block; offset: number },
  { name, expression }: NamedExpression,
): LogForm {
  const isUsable = (binding: Binding) =>
    binding.imported?.module === florModule &&
    tree.resolve(binding.name, block) === binding &&
    isDefinedAt(binding, block, offset)
  const usable = tree.bindings.filter(isUsable)
  const whole = usable.find(({ imported }) => imported?.imported === '*' || imported?.imported === 'default')
  const log = usable.find(({ imported }) => imported?.imported === 'log')
  const local = whole || log ? undefined : unusedName(tree)
  const callee = whole ? `${whole.name}.log` : (log?.name ?? `${local}.log`)
  const head = `${callee}(${quote(name, usesDoubleQuotes(tree) ? '"' : "'")}, `
  return {
    text: `${head}${expression})${usesSemicolons(tree) ? ';' : ''}`,
    expressionAt: head.length,
    ...(local === undefined ? {} : { imported: { module: florModule, imported: '*', local } }),
  }
}

function unusedName(tree: SyntaxTree): string {
  const used = new Set(tree.tokens.map(({ text }) => text))
  for (let i = 1; ; i++) {
    const name = i === 1 ? 'flor' : `flor${i}`
    if (!used.has(name)) return name
  }
}

function quote(text: string, mark: '"' | "'"): string {
  const escaped = JSON.stringify(text)
  if (mark === '"') return escaped
  return `'${escaped.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

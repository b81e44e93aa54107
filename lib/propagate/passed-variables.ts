import type { Binding, Block, SyntaxTree, Token } from './syntax.js'

/**
 * Parameters that every call gives the same variable: with `function train(model) {…}` and only `train(network)` in the file,
 * `model` is `network`. Parameters that are taken apart, and functions that are used otherwise than called, have no entry.
 */
export function findPassedVariables(tree: SyntaxTree): Map<Binding, Binding> {
  const passed = new Map<Binding, Binding>()
  for (const block of tree.blocks) {
    if (!block.names) continue
    const parameters = parametersOf(tree, block.names, block)
    const calls = block.names.references.filter(({ isDeclaration }) => !isDeclaration)
    if (parameters.length === 0 || calls.length === 0 || !calls.every(({ isCalled }) => isCalled)) continue
    const lists = calls.map((call) => listBehind(tree, call))
    for (const [i, parameter] of parameters.entries()) {
      const given = new Set(lists.map((list) => onlyName(list[i])?.binding))
      const [variable] = given
      if (parameter && variable && given.size === 1 && variable !== parameter) passed.set(parameter, variable)
    }
  }
  return passed
}

/** By position; undefined for those that are more than a name. */
function parametersOf(tree: SyntaxTree, { references }: Binding, block: Block): (Binding | undefined)[] {
  const declared = references.find(({ isDeclaration }) => isDeclaration)
  if (!declared) return []
  return listBehind(tree, declared).map((tokens) => {
    const binding = onlyName(tokens)?.binding
    return binding?.kind === 'parameter' && binding.block === block ? binding : undefined
  })
}

/** The name that an element of a list is, whatever types are said of it. */
function onlyName(tokens: readonly Token[] | undefined): Token | undefined {
  const [name, ...more] = tokens?.filter(({ isType }) => !isType) ?? []
  return name?.role === 'name' && more.every(({ text }) => text === ':') ? name : undefined
}

/** Between a name and its list stand at most `= async function`. */
const maxTokensBefore = 3

/** The elements of the list in parentheses behind a name, `(a, b)`; empty when there is none. */
function listBehind({ tokens }: SyntaxTree, name: Token): Token[][] {
  let at = indexOf(tokens, name) + 1
  for (let i = 0; i < maxTokensBefore && tokens[at]?.text !== '('; i++) at++
  if (tokens[at]?.text !== '(') return []
  const list: Token[][] = [[]]
  let depth = 0
  for (at++; at < tokens.length; at++) {
    const token = tokens[at] as Token
    if (/^[([{]$/.test(token.text)) depth++
    if (/^[)\]}]$/.test(token.text) && depth-- === 0) break
    if (token.text === ',' && depth === 0) list.push([])
    else list.at(-1)?.push(token)
  }
  return list
}

function indexOf(tokens: readonly Token[], { start }: Token): number {
  let low = 0
  let high = tokens.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tokens[middle]?.start ?? 0) < start) low = middle + 1
    else high = middle
  }
  return low
}

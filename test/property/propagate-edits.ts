import { isFlorError } from '../../lib/model/errors.js'
import { getLanguage, type SourceFile } from '../../lib/propagate/propagate.js'
import type { Binding, Statement, SyntaxTree } from '../../lib/propagate/syntax.js'

const parse = (source: SourceFile): SyntaxTree => getLanguage(source.path).parse(source)

/** Whether only white space stands before an offset in its line. */
function startsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset))
}

/** A copy of a program with blank lines (1) and comments (2, 3) in front of some of its statements. */
export function scatter(source: SourceFile, seeds: readonly number[]): SourceFile {
  const starts = new Set(
    parse(source)
      .statements.filter(({ block, start }) => !block.isBare && startsLine(source.text, start))
      .map(({ line }) => line),
  )
  const lines = source.text.split('\n').flatMap((line, i) => {
    const seed = seeds[i % seeds.length] ?? 0
    if (!starts.has(i + 1) || seed === 0) return [line]
    return seed === 1 ? ['', line] : [`${/^\s*/.exec(line)?.[0]}// note ${seed}`, line]
  })
  return { ...source, text: lines.join('\n') }
}

function renameableBindings({ bindings }: SyntaxTree): Binding[] {
  return bindings.filter(
    ({ kind, imported, references }) =>
      (kind === 'constant' || kind === 'variable' || kind === 'parameter') &&
      !imported &&
      !references.some(({ shorthand }) => shorthand),
  )
}

/** Names of the locals that {@link rename} can rename, in its order. */
export function renameable(source: SourceFile): string[] {
  return renameableBindings(parse(source)).map(({ name }) => name)
}

/** A copy in which one local name is called something else everywhere. */
export function rename(source: SourceFile, seed: number): SourceFile {
  const local = renameableBindings(parse(source))
  const binding = local[seed % Math.max(1, local.length)]
  if (!binding) return source
  let { text } = source
  for (const { start, end } of [...binding.references].sort((a, b) => b.start - a.start))
    text = `${text.slice(0, start)}${binding.name}Renamed${text.slice(end)}`
  return { ...source, text }
}

/** A copy in which two bindings change names; undefined where some other name would then mean something else. */
export function swap(source: SourceFile, a: Binding, b: Binding): SourceFile | undefined {
  let { text } = source
  const edits = [
    ...a.references.map(({ start, end }) => ({ start, end, name: b.name })),
    ...b.references.map(({ start, end }) => ({ start, end, name: a.name })),
  ]
  for (const { start, end, name } of edits.sort((x, y) => y.start - x.start))
    text = text.slice(0, start) + name + text.slice(end)
  const swapped = { ...source, text }
  const before = parse(source)
  let after: SyntaxTree
  try {
    after = parse(swapped)
  } catch (error) {
    // Two parameters, or two declarations of one block, of the same name.
    if (isFlorError(error, 'SOURCE_SYNTAX')) return undefined
    throw error
  }
  const isKept = before.tokens.every(
    (token, i) =>
      token.binding?.index === after.tokens[i]?.binding?.index && token.role === after.tokens[i]?.role,
  )
  return isKept ? swapped : undefined
}

/** Two different bindings whose names {@link swap} can exchange, chosen by a number. */
export function pickTwo(source: SourceFile, seed: number): [Binding, Binding] | undefined {
  const local = renameableBindings(parse(source))
  const a = local[seed % Math.max(1, local.length)]
  const b = local[Math.floor(seed / 100) % Math.max(1, local.length)]
  return a && b && a.name !== b.name ? [a, b] : undefined
}

/** Where the bindings of a program are declared, in their order. */
export function bindingStarts(source: SourceFile): number[] {
  return parse(source).bindings.map(({ start }) => start)
}

/** The bindings of a program by the offsets at which they are declared. */
export function bindingsAt(source: SourceFile, offsets: readonly number[]): (Binding | undefined)[] {
  const { bindings } = parse(source)
  return offsets.map((offset) => bindings.find(({ start }) => start === offset))
}

/** A copy with three more functions at the end, so that every program has some to reorder. */
export function withFunctions(source: SourceFile): SourceFile {
  const line = source.text === '' || source.text.endsWith('\n') ? '' : '\n'
  const more = ['open', 'read', 'close'].map(
    (verb, i) =>
      `\nfunction ${verb}Log(path) {\n  const file = ${verb}(path, ${i})\n  return file.${verb}\n}\n`,
  )
  return { ...source, text: source.text + line + more.join('') }
}

/** A copy in which the functions of the program, and the methods of each class, stand in another order. */
export function reorder(source: SourceFile, order: readonly number[]): SourceFile {
  const tree = parse(source)
  let { text } = source
  const groups = tree.blocks
    .map((block) =>
      block.statements.filter(
        (statement) =>
          startsLine(source.text, statement.start) &&
          (statement.role === 'function' || statement.kind === 'ClassMethod'),
      ),
    )
    .filter((group) => group[0] && (group[0].block.kind === 'members' || !group[0].block.owner))
  // From the end, so that offsets before stay as they are; functions do not hold each other here.
  for (const group of groups.reverse()) {
    const texts = group
      .map(({ start, end }, i) => ({ text: text.slice(start, end), rank: order[i % order.length] ?? 0, i }))
      .sort((a, b) => a.rank - b.rank || b.i - a.i)
    for (const [i, { start, end }] of [...group.entries()].reverse())
      text = text.slice(0, start) + texts[i]?.text + text.slice(end)
  }
  return { ...source, text }
}

/** Where the statements that log `wanted` stand, in words that renaming, comments and order do not change. */
export function place(source: SourceFile): string {
  const name = (statement: Statement | undefined, edge: string) =>
    statement?.head.map(({ text }) => text.replace(/Renamed$/, '')).join(' ') ?? edge
  return parse(source)
    .statements.filter(({ logNames }) => logNames.includes('wanted'))
    .map(({ block, position }) => {
      const around: string[] = []
      for (let owner = block.owner; owner; owner = owner.block.owner) around.push(name(owner, ''))
      // Functions beside it do not count: their order is what is changed.
      const beside = (step: 1 | -1, edge: string) => {
        let at = position + step
        while (block.statements[at]?.role === 'function') at += step
        return name(block.statements[at], edge)
      }
      return `${beside(-1, 'start')} | ${beside(1, 'end')} in ${around.join(' < ')}`
    })
    .sort()
    .join('\n')
}

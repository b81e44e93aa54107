import { FlorError } from '../../model/errors.js'
import { getLanguage } from '../language.js'
import type { Gap } from '../siblings.js'
import { type Block, lineAt, type Statement, type SyntaxTree } from '../syntax.js'

/** A place for statements that are made, in today's text. */
export interface MadePlace {
  readonly gap: Gap
  /** The line that the statements go before: of a statement, or of the end of the block. */
  readonly line: number
  /** `end`: at the end of the block. */
  readonly side: 'before' | 'end'
}

/**
 * The place at a line, as a breakpoint is set there: directly before what comes next in the program from the beginning of that line on, a
 * statement or the end of a block.
 * @throws FlorError PLACE_NOT_FOUND (data: path, line) where no statement can stand there
 */
export function placeAtLine(tree: SyntaxTree, line: number): MadePlace {
  const { path } = tree.source
  const from = tree.lineStarts[line - 1]
  if (from === undefined)
    throw noPlace(`${path} has ${tree.lineStarts.length} lines, no line ${line}`, { path, line })
  // A mark that ends the statement above can stand on the next one's line, where line ends do so elsewhere.
  const { terminator, braces } = getLanguage(path)
  const next = tree.tokens.find(({ start, text }) => start >= from && text !== terminator)
  const within = tree.tokens.find(({ start, end }) => start < from && end > from)
  if (within !== undefined) throw insideStatement(tree, line, within.start)
  if (next === undefined || next.start >= tree.program.end) return endOf(tree, tree.program)
  const statement = tree.statements.find(
    ({ start, block }) => start === next.start && block.kind !== 'members',
  )
  if (statement !== undefined) {
    const { block, position } = statement
    return { gap: { block, position }, line: statement.line, side: 'before' }
  }
  // The mark that closes a block begins where its statements may lie no more.
  const isClosed = ({ end, owner, kind, isBare }: Block) =>
    owner !== undefined && kind !== 'members' && !isBare && end === next.start
  const block = next.text === braces[1] ? tree.blocks.find(isClosed) : undefined
  if (block !== undefined) return endOf(tree, block)
  throw insideStatement(tree, line, next.start)
}

/** The bodies of the flor loop of that name, in the order of the text. */
export function bodiesOfLoop(tree: SyntaxTree, loop: string): Block[] {
  return tree.blocks.filter((block) => block.loop === loop)
}

/** The bodies of functions of that name, as methods and properties have it, in the order of the text; without those that are one expression. */
export function bodiesOfFunction(tree: SyntaxTree, name: string): Block[] {
  return tree.blocks.filter((it) => it.kind === 'function' && it.label === name && !it.isBare)
}

/** The place behind everything that a block does, but before the jump that it ends with. */
export function endOf(tree: SyntaxTree, block: Block): MadePlace {
  const { statements } = block
  const last = statements.at(-1)
  const position = last?.role === 'jump' ? statements.length - 1 : statements.length
  const line = last?.role === 'jump' ? last.line : lineAt(tree.lineStarts, block.end)
  return { gap: { block, position }, line, side: 'end' }
}

function insideStatement(tree: SyntaxTree, line: number, offset: number): FlorError {
  const { path } = tree.source
  const around = tree.statements.filter(({ start, end }) => start <= offset && offset < end)
  const inner = around.at(-1) as Statement | undefined
  if (inner === undefined) return noPlace(`no statement can stand at ${path}:${line}`, { path, line })
  if (inner.block.kind === 'members')
    return noPlace(`${path}:${line} is a member of a class: no statement can stand there`, { path, line })
  return noPlace(`${path}:${line} is inside the statement of line ${inner.line}`, {
    path,
    line,
    hint: `--at ${path}:${inner.line}    is the place before that statement`,
  })
}

function noPlace(message: string, data: Record<string, unknown>): FlorError {
  return new FlorError(message, { code: 'PLACE_NOT_FOUND', data })
}

import type { LanguageAdapter } from './language.js'
import { isOwn, type Target, tokensOf } from './resolve.js'
import { Declined } from './result.js'
import { type Binding, lineAt, type Statement, type SyntaxTree, type Token } from './syntax.js'

/** A statement as it stands in the result, with what its names are to mean there. */
export interface InsertedStatement {
  readonly statement: Statement
  readonly kind: 'statement' | 'helper'
  readonly translations: ReadonlyMap<Token, string>
  /** What the names mean that neither the statement nor another inserted one declares. */
  readonly targets: ReadonlyMap<Token, Target>
  /** Offsets in the resulting text. */
  readonly start: number
  readonly end: number
}

/** The versions, the result, and where an offset of the old text lies in the result. */
export interface Outcome {
  readonly language: LanguageAdapter
  readonly newer: SyntaxTree
  readonly older: SyntaxTree
  readonly result: SyntaxTree
  readonly shift: (offset: number) => number
  /** Old counterparts of new bindings. */
  readonly images: ReadonlyMap<Binding, Binding>
}

/**
 * Checks, by the scopes of the result, that every name in the inserted statements means what it is to mean: a name
 * that was brought along its own declaration and no namesake in between, any other name the old one it stands for.
 *
 * @param imports start and end, in the result, of the import that was inserted for each imported name
 * @throws Declined `name-taken`, `unresolved-name`, `changes-state`, or `does-not-parse`
 */
export function checkReferences(
  outcome: Outcome,
  inserted: readonly InsertedStatement[],
  imports: ReadonlyMap<Binding, readonly [start: number, end: number]>,
): void {
  const aligned = inserted.map((one) => ({ one, pairs: alignInserted(outcome, one) }))
  const declared = declarationsOf(outcome, imports)
  for (const { pairs } of aligned)
    for (const [token, other] of pairs)
      if (token.binding?.start === token.start) declared.set(token.binding, other.start)
  for (const { one, pairs } of aligned) {
    for (const [token, other] of pairs) {
      if (token.role !== 'name' || token.isType) continue
      const found = other.role === 'name' ? other.binding?.start : undefined
      if (isRedeclared(outcome, one, token, found)) continue
      if (found !== meaningOf(outcome, one, token, declared)) throw misread(outcome, one, token, other)
      if (one.kind === 'helper') checkWrite(outcome, one, token, other)
    }
  }
}

/** Offset in the result of what a name is to be bound to; undefined for a free name, -1 when nothing declares it. */
function meaningOf(
  { shift }: Outcome,
  { targets }: InsertedStatement,
  token: Token,
  declared: ReadonlyMap<Binding, number>,
): number | undefined {
  const target = targets.get(token)
  if (typeof target === 'object') return shift(target.start)
  if (target !== undefined || !token.binding) return undefined
  return declared.get(token.binding) ?? -1
}

/** Offsets in the result at which imported names are declared. */
function declarationsOf(
  { result }: Outcome,
  imports: ReadonlyMap<Binding, readonly [start: number, end: number]>,
): Map<Binding, number> {
  const declared = new Map<Binding, number>()
  for (const [binding, [start, end]] of imports) {
    const other = result.bindings.find(
      (one) => one.name === binding.name && one.start >= start && one.start < end,
    )
    if (other) declared.set(binding, other.start)
  }
  return declared
}

/** A wanted statement may declare once more a variable that the old version declares already. */
function isRedeclared(
  { images, shift }: Outcome,
  { kind, statement }: InsertedStatement,
  { binding }: Token,
  found: number | undefined,
): boolean {
  if (!binding || kind !== 'statement' || binding.kind !== 'variable' || !isOwn(statement, binding))
    return false
  const image = images.get(binding)
  return image !== undefined && found === shift(image.start)
}

/** A helper must not assign, or change a member of, what the old version declares or uses as a free name. */
function checkWrite(outcome: Outcome, { statement }: InsertedStatement, token: Token, other: Token): void {
  if (!token.isWrite && !token.isChanged && !(token.isDeclaration && token.binding?.kind === 'variable'))
    return
  const by = other.binding && oldBinding(outcome, other.binding.start)
  const isFree = (one: Token) => one.role === 'name' && !one.binding && one.text === other.text
  if (!by && (other.binding || !outcome.older.tokens.some(isFree))) return
  const lines = by ? [lineAt(outcome.older.lineStarts, by.start)] : []
  const where = by ? ` (line ${lines[0]})` : ''
  const does = token.isChanged ? 'changes' : 'assigns'
  throw new Declined(
    'changes-state',
    `line ${statement.line}, which the statement needs, ${does} \`${other.text}\`, which the old version has itself${where}`,
    lines,
  )
}

function misread(outcome: Outcome, { statement }: InsertedStatement, token: Token, other: Token): Declined {
  if (!other.binding)
    return new Declined(
      'unresolved-name',
      `\`${token.text}\`, used at line ${statement.line}, cannot be seen there`,
    )
  const by = oldBinding(outcome, other.binding.start)
  const line = by && lineAt(outcome.older.lineStarts, by.start)
  return new Declined(
    'name-taken',
    `\`${other.text}\`, used at line ${statement.line}, would be something else of that name ${line === undefined ? 'that comes along' : `in the old version (line ${line})`}`,
    line === undefined ? [] : [line],
  )
}

/** The old version's binding that is declared at an offset of the result. */
function oldBinding({ older, shift }: Outcome, at: number): Binding | undefined {
  return older.bindings.find(({ start }) => shift(start) === at)
}

/** Each token of an inserted statement, with the one that it became. @throws Declined `does-not-parse` */
function alignInserted(
  { language, newer, result }: Outcome,
  { statement, translations, start, end }: InsertedStatement,
): [Token, Token][] {
  const others = result.tokens.filter((token) => token.start >= start && token.end <= end)
  const pairs: [Token, Token][] = []
  const tokens = tokensOf(newer, statement)
  let at = 0
  for (const [i, token] of tokens.entries()) {
    const text = translations.get(token) ?? token.text
    // What was key and value at once became a key, a mark, and the value.
    if (token.shorthand && text !== token.text) while (at < others.length && others[at]?.text !== text) at++
    const other = others[at]
    if (!other && i === tokens.length - 1 && token.text === language.terminator) break
    if (!other || (token.role === 'name' && other.text !== text))
      throw new Declined('does-not-parse', `line ${statement.line} would read differently there`)
    pairs.push([token, other])
    at++
  }
  return pairs
}

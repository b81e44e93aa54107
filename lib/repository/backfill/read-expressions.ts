import { FlorError, isFlorError } from '../../model/errors.js'
import type { LanguageAdapter } from '../../propagate/language.js'
import type { RequestedExpression } from '../../propagate/made/make.js'
import { type Expression, parsePredicate } from '../../query/predicate.js'

/** What a request with expressions asks for. */
export interface ExpressionRequest {
  readonly expressions: readonly RequestedExpression[]
  readonly where?: Expression
}

/** `as <name>`, and what must follow it. A name is written as in a predicate. */
const named =
  /(?<![\p{L}\p{N}_$.])as\s+(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_.]*))\s*(,|where(?![\p{L}\p{N}_.])|$)/giu

/**
 * Reads `norm(w) as wnorm, b as y where epoch > 3`. Expressions are the language's own, so that its parser says where each one ends: at the
 * first `as <name>` with an expression in front of it.
 * @throws FlorError EXPRESSION_INVALID, PREDICATE_SYNTAX (data: text, offset)
 */
export function readExpressions(text: string, path: string, language: LanguageAdapter): ExpressionRequest {
  const expressions: RequestedExpression[] = []
  let at = 0
  for (;;) {
    const found = nextExpression(text, at, path, language)
    if (expressions.some(({ name }) => name === found.name))
      throw invalid(text, found.nameAt, `two expressions are called ${JSON.stringify(found.name)}`)
    expressions.push({ name: found.name, expression: found.expression, request: text, at: found.at })
    at = found.end
    if (found.follows === '') return { expressions }
    if (found.follows !== ',') return { expressions, where: readPredicate(text, at) }
  }
}

interface Found {
  readonly name: string
  readonly nameAt: number
  readonly expression: string
  readonly at: number
  /** Offset behind the comma or `where`. */
  readonly end: number
  readonly follows: string
}

function nextExpression(text: string, from: number, path: string, language: LanguageAdapter): Found {
  let furthest: { readonly offset: number; readonly message: string } | undefined
  const blame = (offset: number, message: string) => {
    if (furthest === undefined || offset > furthest.offset) furthest = { offset, message }
  }
  named.lastIndex = from
  for (let match = named.exec(text); match !== null; match = named.exec(text)) {
    const [whole, quoted, plain, follows = ''] = match
    const raw = text.slice(from, match.index)
    const lead = raw.length - raw.trimStart().length
    const expression = raw.trim()
    const reading = language.readExpression(path, expression)
    if (reading.status === 'several') throw nameless(text, from + lead, reading.end)
    if (reading.status === 'one') {
      return {
        name: quoted?.replaceAll('""', '"') ?? (plain as string),
        nameAt: match.index,
        expression,
        at: from + lead,
        end: match.index + whole.length,
        follows: follows.toLowerCase(),
      }
    }
    blame(from + lead + reading.offset, expression === '' ? 'an expression is missing' : reading.message)
    named.lastIndex = match.index + 2
  }
  if (furthest !== undefined) throw invalid(text, furthest.offset, furthest.message)
  throw withoutName(text, from, path, language)
}

/** Nothing behind `from` is followed by a name. */
function withoutName(text: string, from: number, path: string, language: LanguageAdapter): FlorError {
  const rest = text.slice(from)
  const lead = rest.length - rest.trimStart().length
  const [head = ''] = rest.trim().split(/\swhere\s/i)
  if (head.trim() === '') return invalid(text, from, 'an expression is missing')
  for (const part of [rest.trim(), head.trim()]) {
    const reading = language.readExpression(path, part)
    if (reading.status === 'one') return nameless(text, from + lead, part.length)
    if (reading.status === 'several') return nameless(text, from + lead, reading.end)
  }
  const reading = language.readExpression(path, head.trim())
  return reading.status === 'invalid'
    ? invalid(text, from + lead + reading.offset, reading.message)
    : nameless(text, from + lead, head.trim().length)
}

function nameless(text: string, at: number, length: number): FlorError {
  const expression = text.slice(at, at + length)
  return invalid(text, at + length, `\`${expression}\` has no name to be logged under`, {
    hint: `${expression} as <name>    gives it one`,
  })
}

function readPredicate(text: string, from: number): Expression {
  try {
    return parsePredicate(text.slice(from))
  } catch (error) {
    if (!isFlorError(error, 'PREDICATE_SYNTAX')) throw error
    const offset = from + Number(error.data.offset)
    throw new FlorError(error.message, {
      code: error.code,
      data: { ...error.data, text, offset },
      cause: error.cause,
    })
  }
}

function invalid(
  text: string,
  offset: number,
  message: string,
  data: Record<string, unknown> = {},
): FlorError {
  return new FlorError(message, { code: 'EXPRESSION_INVALID', data: { text, offset, ...data } })
}

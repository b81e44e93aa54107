import type { LanguageAdapter } from '../language.js'
import { isDefinedAt } from '../resolve.js'
import type { Statement, SyntaxTree } from '../syntax.js'

/** Why an expression cannot be logged at its place, and where in the text that shows. */
export interface NameProblem {
  readonly offset: number
  readonly message: string
  /** A name that means nothing there. */
  readonly unknown?: string
}

/** The file before the statement was put into it. */
export interface UserText {
  /** Names that it uses without declaring them. */
  readonly free: ReadonlySet<string>
  /** The line on which a name is declared that the place sees. */
  readonly lineOf: (name: string) => number | undefined
}

/**
 * Looks at every name of an expression in the text that its statement was put into: each must mean something there, have its value when the
 * statement runs, and be left as it is. `from` and `to` are the expression's offsets.
 */
export function findNameProblem(
  language: LanguageAdapter,
  tree: SyntaxTree,
  statement: Statement,
  { from, to }: { readonly from: number; readonly to: number },
  user: UserText,
): NameProblem | undefined {
  const { path } = tree.source
  for (const token of tree.tokens.slice(statement.firstToken, statement.tokenEnd)) {
    if (token.start < from || token.end > to || token.role !== 'name' || token.isType === true) continue
    const { binding, start: offset, text } = token
    if (binding !== undefined && binding.start >= from && binding.start < to) continue
    if (token.isWrite === true || token.isChanged === true)
      return {
        offset,
        message: `the expression changes \`${text}\`: what is logged must leave the training as it is`,
      }
    if (binding === undefined) {
      if (language.isGlobal(text) || user.free.has(text)) continue
      return {
        offset,
        unknown: text,
        message: `\`${text}\` is not known in ${path}: it is neither declared nor imported at that place`,
      }
    }
    if (!isDefinedAt(binding, statement.block, statement.start)) {
      const line = user.lineOf(text)
      const where = line === undefined ? 'further down' : `at line ${line}`
      return { offset, message: `\`${text}\` has no value there yet: it is defined ${where}` }
    }
  }
  return undefined
}

import { FlorError } from '../../model/errors.js'
import { applyEdits } from '../apply-edits.js'
import { findStatements, type StatementRef } from '../find-statements.js'
import { getLanguage, type LocalImport, type LogForm, type NamedExpression } from '../language.js'
import { parseCached } from '../parse-cache.js'
import { mayWait, offsetOf } from '../placement.js'
import { Declined } from '../result.js'
import type { Gap } from '../siblings.js'
import { type Edit, type Layout, spliceInto } from '../splice.js'
import { lineAt, type SourceFile, type Statement, type SyntaxTree, type Token } from '../syntax.js'
import { verify } from '../verify.js'
import { findNameProblem } from './check-names.js'
import type { MadePlace } from './place.js'

/** An expression to be logged, and where in the user's request it stands. */
export interface RequestedExpression extends NamedExpression {
  /** The whole request. */
  readonly request: string
  /** Offset of the expression in the request. */
  readonly at: number
}

/** A file with statements in it that nobody wrote. */
export interface MadeFile {
  readonly source: SourceFile
  /** In the order of the expressions. */
  readonly statements: readonly StatementRef[]
}

/**
 * Puts a statement that logs each expression into a copy of a file, with an import of the runtime where the file has none that can be used
 * there. Checked as if somebody had written it: it parses, changes nothing around it, every name means something there and has its value, and
 * nothing is assigned. Pure.
 * @throws FlorError EXPRESSION_INVALID (data: text, offset, name) pointing into the request; PLACE_NOT_FOUND
 */
export function makeStatements(
  source: SourceFile,
  place: MadePlace,
  expressions: readonly RequestedExpression[],
): MadeFile {
  const tree = parseCached(source)
  const language = getLanguage(source.path)
  for (const one of expressions) {
    const reading = language.readExpression(source.path, one.expression)
    if (reading.status === 'invalid') throw invalid(one, reading.offset, reading.message)
    if (reading.status === 'several') throw invalid(one, reading.end, 'only one expression can have a name')
  }
  const { block } = place.gap
  const offset = offsetOf(place.gap)
  const forms = expressions.map((one) => language.formatLog(tree, { block, offset }, one))
  let failure: Declined | undefined
  for (const terminate of ['none', 'behind', 'around'] as const) {
    try {
      return check(tree, place.gap, expressions, forms, write(tree, place, forms, terminate))
    } catch (error) {
      if (!(error instanceof Declined)) throw error
      failure ??= error
    }
  }
  const [first] = expressions as [RequestedExpression]
  throw invalid(first, 0, `the statement cannot stand there: ${failure?.message}`)
}

interface Written {
  readonly result: SyntaxTree
  /** Where the statements begin in the result, in the order of the expressions. */
  readonly starts: readonly number[]
}

/** @throws Declined */
function write(
  tree: SyntaxTree,
  place: MadePlace,
  forms: readonly LogForm[],
  terminate: Layout['terminate'],
): Written {
  const language = getLanguage(tree.source.path)
  const none = { headings: [], blankAbove: false, blankBelow: false, blankBetween: [], terminate }
  const layout: Layout = { ...none, side: place.side === 'before' ? 'below' : 'above' }
  const texts = forms.map(({ text }) => text)
  const imported = forms.find((form) => form.imported !== undefined)?.imported
  const head = headGap(tree)
  const isAtHead = imported !== undefined && isSameGap(head, place.gap)
  const importText = imported === undefined ? [] : [language.formatImport(tree, [imported])]
  const here = isAtHead ? [...importText, ...texts] : texts
  const edits: { readonly edit: Edit; readonly isImport: boolean }[] = []
  const put = (gap: Gap, list: readonly string[], how: Layout, isImport: boolean) => {
    for (const edit of spliceInto(
      tree,
      language,
      gap,
      list.map((text) => () => text),
      how,
    ))
      edits.push({ edit, isImport })
  }
  put(place.gap, here, layout, false)
  if (imported !== undefined && !isAtHead) put(head, importText, { ...none, side: 'above' }, true)
  edits.sort((x, y) => x.edit.offset - y.edit.offset)
  const { text, ranges, shift } = applyEdits(
    tree.source.text,
    edits.map(({ edit }) => edit),
  )
  const inserted = ranges.flat().map(([start, end]) => ({ start, end, mayBind: false }))
  const result = verify(language, tree, text, inserted, shift)
  const starts = edits.flatMap(({ isImport }, i) =>
    isImport ? [] : (ranges[i] ?? []).map(([start]) => start),
  )
  return { result, starts: isAtHead ? starts.slice(1) : starts }
}

/** Behind the imports that a file begins with. */
function headGap(tree: SyntaxTree): Gap {
  const { statements } = tree.program
  const first = statements.findIndex(({ role }) => role !== 'import')
  return { block: tree.program, position: first === -1 ? statements.length : first }
}

function isSameGap(a: Gap, b: Gap): boolean {
  return a.block === b.block && a.position === b.position
}

function check(
  tree: SyntaxTree,
  gap: Gap,
  expressions: readonly RequestedExpression[],
  forms: readonly LogForm[],
  { result, starts }: Written,
): MadeFile {
  const language = getLanguage(tree.source.path)
  const isFree = ({ role, binding }: Token) => role === 'name' && binding === undefined
  const user = {
    free: new Set(tree.tokens.filter(isFree).map(({ text }) => text)),
    lineOf: (name: string) => {
      const binding = tree.resolve(name, gap.block)
      return binding && lineAt(tree.lineStarts, binding.start)
    },
  }
  const statements = expressions.map((one, i) => {
    const [start, form] = [starts[i] as number, forms[i] as LogForm]
    const statement = result.statements.find((it) => it.start === start) as Statement
    const from = start + form.expressionAt
    const to = from + one.expression.length
    const problem = findNameProblem(language, result, statement, { from, to }, user)
    if (problem !== undefined) throw invalid(one, problem.offset - from, problem.message, problem.unknown)
    if (statement.waits && !mayWait(tree, gap.block))
      throw invalid(one, 0, 'the expression waits (`await`), which the code there cannot')
    if (statement.logNames.join('\n') !== one.name || usesRuntime(result, statement, from, to, form.imported))
      throw invalid(one, 0, 'the expression calls the runtime itself')
    const [found] = findStatements(result.source, { name: one.name }).filter((it) => it.start === start)
    return found as StatementRef
  })
  return { source: result.source, statements }
}

/** Whether something of the module that the runtime comes from is named in the expression. */
function usesRuntime(
  tree: SyntaxTree,
  statement: Statement,
  from: number,
  to: number,
  imported: LocalImport | undefined,
): boolean {
  const own = tree.tokens.slice(statement.firstToken, statement.tokenEnd)
  const runtime = imported?.module ?? own[0]?.binding?.imported?.module
  return own.some(
    ({ start, end, binding }) =>
      start >= from && end <= to && runtime !== undefined && binding?.imported?.module === runtime,
  )
}

function invalid(one: RequestedExpression, at: number, message: string, name?: string): FlorError {
  const offset = one.at + Math.max(0, Math.min(at, one.expression.length))
  return new FlorError(message, {
    code: 'EXPRESSION_INVALID',
    data: { text: one.request, offset, ...(name === undefined ? {} : { name }) },
  })
}

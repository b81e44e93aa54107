import { isFlorError } from '../model/errors.js'
import { compareCached } from './comparison-cache.js'
import type { Explanation, PlacementExplanation } from './explain.js'
import type { StatementRef } from './find-statements.js'
import { insertSlice } from './insert.js'
import type { Links } from './links.js'
import { parseCached } from './parse-cache.js'
import { placeHelper } from './place-helper.js'
import { firstLine, place, type Versions } from './placement.js'
import { Declined, type Propagation } from './result.js'
import type { SourceFile, Statement, SyntaxTree } from './syntax.js'
import { collectSlice } from './units.js'

export type { Explanation } from './explain.js'
export { formatExplanation } from './explain.js'
export { findLogStatements, findStatements, type StatementRef } from './find-statements.js'
export { getLanguage, supportedExtensions } from './language.js'
export type { DeclineReason, Insertion, Propagation, TextEdit } from './result.js'
export type { SourceFile } from './syntax.js'

/** What propagation may know beside the two files. */
export interface PropagationOptions {
  /** Other statements that are wanted, but not in this file: no evidence for these. */
  readonly beside?: readonly StatementRef[]
  /** What names that cross files stand for. */
  readonly links?: Links
}

/**
 * Carries `statements` of `newer` into `older`, with the imports and helpers that they need and `older`
 * lacks. Statements that `older` has already are left alone; when it has all of them, the status is `exists`.
 * When one cannot be placed soundly, or `older` does not parse, none is. Pure: neither disk nor git is touched.
 *
 * @param statements what {@link findStatements} returned for `newer`
 * @throws FlorError SOURCE_SYNTAX when `newer` does not parse; LANGUAGE_UNSUPPORTED for either file
 * @throws TypeError when none of `statements` is one of `newer`
 */
export function propagate(
  newer: SourceFile,
  statements: readonly StatementRef[],
  older: SourceFile,
  { beside = [], links }: PropagationOptions = {},
): Propagation {
  const newerTree = parseCached(newer)
  const wanted = statementsOf(newerTree, statements)
  if (wanted.length === 0) throw new TypeError('no statement of the newer file is to be propagated')
  const olderTree = parseOlder(older)
  if (olderTree instanceof Declined) return decline(olderTree, { placements: [], pairs: [] })
  const all = statementsOf(newerTree, [...statements, ...beside])
  const compared = compareCached(newerTree, olderTree, apartOf(all))
  const comparison = links === undefined ? compared : { ...compared, links }
  const versions: Versions = { newer: newerTree, older: olderTree, comparison, apart: new Set(all) }
  const placements: PlacementExplanation[] = []
  const explanation = (): Explanation => ({ placements, pairs: explainPairs(versions, wanted) })
  try {
    const { present, lacking } = splitPresent(versions, wanted)
    const [first] = present
    if (lacking.length === 0) return { status: 'exists', line: first?.line ?? 1, explanation: explanation() }
    const slice = collectSlice(versions, lacking)
    for (const unit of slice.units) {
      unit.placement =
        unit.neededBy === undefined
          ? place(versions, unit.statement, slice.brought)
          : placeHelper(versions, unit, slice)
      placements.push(unit.placement.explanation)
    }
    const inserted = insertSlice(versions, slice)
    return { status: 'placed', ...inserted, explanation: explanation() }
  } catch (error) {
    if (!(error instanceof Declined)) throw error
    return decline(error, explanation())
  }
}

/** The statements of a tree that references of its file stand for, in the order of the text. */
export function statementsOf(tree: SyntaxTree, references: readonly StatementRef[]): Statement[] {
  if (references.length === 0) return []
  return tree.statements.filter((statement) =>
    references.some(({ start, end }) => statement.start === start && statement.end === end),
  )
}

/** Those of the wanted statements that the old version is not expected to have in any form. */
export function apartOf(wanted: readonly Statement[]): ReadonlySet<Statement> {
  return new Set(wanted.filter((statement) => !isMoreThanLog(statement)))
}

/** An old version that does not parse is one version that is refused: the others go on. @throws FlorError LANGUAGE_UNSUPPORTED */
function parseOlder(older: SourceFile): SyntaxTree | Declined {
  try {
    return parseCached(older)
  } catch (error) {
    if (!isFlorError(error, 'SOURCE_SYNTAX')) throw error
    const { line } = error.data
    return new Declined(
      'does-not-parse',
      `the old version does not parse: ${error.message}`,
      typeof line === 'number' ? [line] : [],
    )
  }
}

function decline({ reason, message, candidates }: Declined, explanation: Explanation): Propagation {
  return { status: 'declined', reason, message, candidates: [...new Set(candidates)], explanation }
}

/** Whether the log is only a part of what the statement does, so that an old form of it may exist. */
function isMoreThanLog(statement: Statement): boolean {
  if (statement.logNames.length === 0) return false
  return (
    statement.declares.length > 0 ||
    statement.role === 'jump' ||
    statement.blocks.length > 0 ||
    statement.head.some(({ isWrite }) => isWrite)
  )
}

/** Sorts the wanted statements into those that the old version has and those that it lacks. @throws Declined */
function splitPresent(
  versions: Versions,
  wanted: readonly Statement[],
): { present: Statement[]; lacking: Statement[] } {
  const { comparison, older } = versions
  const present: Statement[] = []
  const lacking: Statement[] = []
  for (const statement of wanted) {
    const image = comparison.pairing.image(statement)
    const names = statement.logNames.join('\n')
    if (image && image.logNames.join('\n') === names) present.push(image)
    else if (image)
      throw new Declined(
        'inside-statement',
        `line ${statement.line} is a new form of line ${image.line}, which does more than log`,
        [image.line],
      )
    else {
      const elsewhere = older.statements.find(
        (other) =>
          other.logNames.some((name) => statement.logNames.includes(name)) &&
          !comparison.pairing.origin(other),
      )
      if (elsewhere)
        throw new Declined(
          'exists-elsewhere',
          `line ${elsewhere.line} logs '${elsewhere.logNames[0]}' already, in a place that is not the counterpart of line ${statement.line}`,
          [elsewhere.line],
        )
      lacking.push(statement)
    }
  }
  return { present, lacking }
}

/** The pairs of the statements in the blocks of the wanted ones. */
function explainPairs(versions: Versions, wanted: readonly Statement[]): Explanation['pairs'] {
  const { newer, comparison } = versions
  const pairs: { newer: number; older: number | undefined; text: string }[] = []
  for (const block of new Set(wanted.map((statement) => statement.block))) {
    for (const statement of block.statements) {
      const image = comparison.pairing.image(statement)
      pairs.push({ newer: statement.line, older: image?.line, text: firstLine(newer, statement) })
    }
  }
  return pairs
}

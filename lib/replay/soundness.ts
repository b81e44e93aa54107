import { analyseStatement } from './analyse.js'
import type { Soundness, SourceProject, StatementRange } from './source-project.js'

/**
 * Whether a statement's values come out right without executing nested loops (`skip`), and when execution starts
 * at a checkpoint (`restore`).
 * @throws FlorError SOURCE_SYNTAX, LANGUAGE_UNSUPPORTED
 */
export function assessStatement(project: SourceProject, statement: StatementRange): Soundness {
  return analyseStatement(project, statement)
}

import { analyseStatement } from './analyse.js'
import type { Position, SourceProject, StatementRange } from './source-project.js'

/**
 * Where a statement is executed relative to the flor loops, through all ways on which the script reaches it.
 * @throws FlorError SOURCE_SYNTAX, LANGUAGE_UNSUPPORTED
 */
export function locateStatement(project: SourceProject, statement: StatementRange): Position {
  return analyseStatement(project, statement).position
}

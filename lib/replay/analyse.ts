import { FlorError } from '../model/errors.js'
import { analyseJavaScript } from './languages/javascript/analysis.js'
import type { SourceProject, StatementAnalysis, StatementRange } from './source-project.js'

const languages: readonly { readonly extension: RegExp; readonly analyse: typeof analyseJavaScript }[] = [
  { extension: /\.[cm]?[jt]sx?$/, analyse: analyseJavaScript },
]

/**
 * Tells where a statement of a patched commit stands and which levels of replay give its values. Pure; the files are read
 * through `project`, each once.
 * @throws FlorError SOURCE_SYNTAX, LANGUAGE_UNSUPPORTED
 */
export function analyseStatement(project: SourceProject, statement: StatementRange): StatementAnalysis {
  const language = languages.find(({ extension }) => extension.test(statement.path))
  if (language === undefined) {
    throw new FlorError(`no language for ${statement.path}`, {
      code: 'LANGUAGE_UNSUPPORTED',
      data: { path: statement.path },
    })
  }
  return language.analyse(project, statement)
}

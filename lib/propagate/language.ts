import { FlorError } from '../model/errors.js'
import { javascript } from './languages/javascript/index.js'
import type { Binding, Block, ImportedName, SourceFile, SyntaxTree } from './syntax.js'

/** One programming language, as propagation needs it. A second one is added to {@link languages}. */
export interface LanguageAdapter {
  readonly name: string
  /** File extensions, with the dot, lower case. */
  readonly extensions: readonly string[]
  /**
   * @throws FlorError SOURCE_SYNTAX with `path`, `line` (from 1) and `column` (from 1).
   */
  parse(source: SourceFile): SyntaxTree
  /** Text of a statement that imports `names` of one module into `tree`'s kind of file, without line end. */
  formatImport(tree: SyntaxTree, names: readonly LocalImport[]): string
  /** How a name that is key and value at once is written when its value is called `name`. */
  formatShorthand(key: string, name: string): string
  /** The mark that ends a statement, put where a line end does not do so. */
  readonly terminator: string
  /** The marks that make a block of a body without them. */
  readonly braces: readonly [open: string, close: string]
  /** Whether a module name means a file of the project, to be looked for beside the importing file. */
  isRelative(module: string): boolean
  /** Paths that a relative module's name can mean in the file `from`, likeliest first. */
  moduleFiles(from: string, module: string): readonly string[]
  /** How the file `from` names the file `to`, in the manner of the module name `like`. */
  formatModule(from: string, to: string, like: string): string
  /** What other files can import from a file. */
  exportsOf(tree: SyntaxTree): ModuleExports
  /** Reads a text as one expression of a file at `path`. */
  readExpression(path: string, text: string): ExpressionReading
  /** A statement that logs an expression, as it can stand in `block` at `offset`. */
  formatLog(tree: SyntaxTree, at: { block: Block; offset: number }, log: NamedExpression): LogForm
  /** Whether a name that a file does not declare means something in every file. */
  isGlobal(name: string): boolean
  /** Loops that modules of the runtime make of a framework's own training. */
  readonly frameworkLoops: readonly FrameworkLoop[]
}

/** A flor loop without a body in the project: at the end of each iteration it calls a function of the script's that has a fixed name. */
export interface FrameworkLoop {
  readonly loop: string
  /** The module that a script imports for it. */
  readonly module: string
  readonly callback: string
}

/** An expression, and the log name that its value gets. */
export interface NamedExpression {
  readonly name: string
  readonly expression: string
}

/** What a text is: one expression, several between commas (the first one ends at `end`), or none. */
export type ExpressionReading =
  | { readonly status: 'one' }
  | { readonly status: 'several'; readonly end: number }
  /** `message` is the parser's; `offset` in the text. */
  | { readonly status: 'invalid'; readonly offset: number; readonly message: string }

/** The text of a statement that logs. */
export interface LogForm {
  readonly text: string
  /** Where the expression begins in the text. */
  readonly expressionAt: number
  /** The runtime, where the file gives no name to it that can be used there. */
  readonly imported?: LocalImport
}

/** What a file gives to those that import it. */
export interface ModuleExports {
  /** By exported name: what the name is bound to in the file, or what it passes on; undefined for a value without a name. */
  readonly names: ReadonlyMap<string, Binding | ImportedName | undefined>
  /** Modules all of whose names are passed on. */
  readonly starred: readonly string[]
  /** False when there may be more than `names` and `starred` tell. */
  readonly isComplete: boolean
}

/** An import under the name it has in the importing file. */
export interface LocalImport extends ImportedName {
  readonly local: string
}

const languages: readonly LanguageAdapter[] = [javascript]

/** The loops of frameworks' own trainings, of all languages. */
export function frameworkLoops(): readonly FrameworkLoop[] {
  return languages.flatMap((language) => language.frameworkLoops)
}

/** Extensions of the files that propagation understands, with the dot. */
export const supportedExtensions: readonly string[] = languages.flatMap((language) => language.extensions)

/**
 * The adapter for a file, by its extension.
 * @throws FlorError LANGUAGE_UNSUPPORTED
 */
export function getLanguage(path: string): LanguageAdapter {
  const found = languageOf(path)
  if (found) return found
  throw new FlorError(`${path} is in a language that propagation does not know`, {
    code: 'LANGUAGE_UNSUPPORTED',
    data: { path, supported: supportedExtensions },
  })
}

/** The adapter for a file, by its extension; undefined when there is none. */
export function languageOf(path: string): LanguageAdapter | undefined {
  const lower = path.toLowerCase()
  return languages.find((language) => language.extensions.some((extension) => lower.endsWith(extension)))
}

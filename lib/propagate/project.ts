import { isFlorError } from '../model/errors.js'
import { languageOf } from './language.js'
import { parseCached } from './parse-cache.js'
import type { SyntaxTree } from './syntax.js'

/** The files of one version of a project. */
export interface SourceVersion {
  has(path: string): boolean
  /** The text of a file; undefined when there is none, or it is no text. */
  read(path: string): string | undefined
}

/** Two versions of a project, and which of their files correspond. */
export interface ProjectPair {
  readonly newer: SourceVersion
  readonly older: SourceVersion
  /** The old file that a new file was made of, by its name or by a rename; undefined for a file that is new. */
  counterpart(path: string): string | undefined
  /** The new file that an old file was made into; undefined for one that is gone. */
  successor(path: string): string | undefined
  /** Old files that changed or are gone, from which code may have moved to another file; of any language. */
  readonly changed: readonly string[]
}

/** The tree of a file of one version; undefined when it is not there, or cannot be parsed. */
export function treeAt(version: SourceVersion, path: string): SyntaxTree | undefined {
  if (languageOf(path) === undefined) return undefined
  const text = version.read(path)
  if (text === undefined) return undefined
  try {
    return parseCached({ path, text })
  } catch (error) {
    if (isFlorError(error, 'SOURCE_SYNTAX')) return undefined
    throw error
  }
}

import type { Binding, ImportedName } from './syntax.js'

/**
 * Where one old file finds what a name of the new file stands for, when that is known from other files of the project:
 * under a name of its own, by an import to be added, or nowhere.
 */
export type Link =
  | { readonly kind: 'binding'; readonly binding: Binding }
  | { readonly kind: 'import'; readonly name: ImportedName }
  | { readonly kind: 'none'; readonly message: string }

/** What the project around the two files knows of names that cross files. */
export interface Links {
  /** For a name that the new file imports from, or could share with, the project; undefined when nothing is known of it. */
  find(binding: Binding): Link | undefined
}

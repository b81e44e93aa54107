import type { Expression, NameUse } from './expression.js'
import type { Selection, SortKey } from './predicate.js'

/** Generated from predicate.peggy by the build. */
export function parse(text: string, options: { readonly startRule: 'Predicate' }): Expression
export function parse(text: string, options: { readonly startRule: 'Selection' }): Selection
export function parse(text: string, options: { readonly startRule: 'Sort' }): SortKey[]
export function parse(text: string, options: { readonly startRule: 'Column' }): NameUse

/** What the parser throws. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the generator's name
export class SyntaxError extends Error {
  readonly expected:
    | readonly { readonly type: string; readonly description?: string; readonly text?: string }[]
    | null
  readonly location: { readonly start: { readonly offset: number } }
}

import { computeKeys, Interner, type Keys } from './keys.js'
import type { Links } from './links.js'
import { findImages, type NameImages } from './names.js'
import { Pairer } from './pairer.js'
import type { Pairing } from './pairing.js'
import { Similarity } from './similarity.js'
import type { Statement, SyntaxTree } from './syntax.js'

/** The pairing of two versions, and what it was read from. */
export interface Comparison {
  readonly pairing: Pairing
  readonly names: NameImages
  readonly similarity: Similarity
  readonly newerKeys: Keys
  readonly olderKeys: Keys
  /** What is known from other files; absent when the two files are all there is. */
  readonly links?: Links
}

/**
 * Pairs the statements of two versions. Those of `apart` (the statements to propagate, which the old version
 * is not expected to have) take part only with old statements that log the same names.
 */
export function compare(newer: SyntaxTree, older: SyntaxTree, apart: ReadonlySet<Statement>): Comparison {
  const interner = new Interner()
  const newerKeys = computeKeys(newer, interner)
  const olderKeys = computeKeys(older, interner)
  const similarity = new Similarity(newer, older, newerKeys, olderKeys, apart, interner)
  const pairer = new Pairer(newer, older, newerKeys, olderKeys, similarity, apart)
  pairer.run()
  let names = findImages(newer, older, pairer.pairing)
  similarity.translate(names.bindings)
  pairer.refine()
  names = findImages(newer, older, pairer.pairing)
  return { pairing: pairer.pairing, names, similarity, newerKeys, olderKeys }
}

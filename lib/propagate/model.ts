import type { Alternatives, Evidence } from './evidence.js'
import type { Gap } from './siblings.js'
import { features, trees } from './trees.js'

/**
 * A regression tree: a leaf is what it adds to the score, in natural logarithms of odds; a fork is the number of a
 * feature, a threshold, the tree for values up to it, and the tree for larger ones.
 */
export type Tree = number | readonly [feature: number, threshold: number, low: Tree, high: Tree]

/** Features of gaps that `elsewhere` does not have: below all values. */
export const absent = -99

/**
 * Probability that each gap is the right one: gradient-boosted trees (Friedman, Greedy Function Approximation, 2001)
 * score the gaps and the alternative that the right place is none of them, and a softmax over all of them makes
 * probabilities of the scores. Fitted by test/bench/propagate/fit.ts.
 * @param prior what is known of a gap besides (undefined: of the place being none of them), in logarithms of odds
 */
export function rateGaps(
  { gaps, elsewhere }: Alternatives,
  prior: (gap: Gap | undefined) => number = () => 0,
): number[] {
  const scores = gaps.map(({ gap, evidence }) => score(evidence) + prior(gap))
  scores.push(score(elsewhere) + prior(undefined))
  const highest = Math.max(...scores)
  const powers = scores.map((value) => Math.exp(value - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.slice(0, gaps.length).map((power) => power / sum)
}

function score(evidence: Evidence): number {
  const row = toRow(evidence, features)
  let sum = 0
  for (const tree of trees) sum += follow(tree, row)
  return sum
}

/** Evidence as numbers in the order of `names`. */
export function toRow(evidence: Evidence, names: readonly string[]): Float64Array {
  return Float64Array.from(names, (name) => evidence[name] ?? absent)
}

function follow(tree: Tree, row: Float64Array): number {
  let node = tree
  while (typeof node !== 'number') node = (row[node[0]] as number) <= node[1] ? node[2] : node[3]
  return node
}

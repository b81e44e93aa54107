import type { Evidence } from './evidence.js'

/**
 * Weights of the evidence in a conditional logit over the gaps of a neighbourhood, in natural logarithms of
 * odds. Hand-set signs; see docs/propagation.md for how they are fitted and what they reach.
 */
const weights: Evidence = {
  besidePrevious: 1.5,
  besideNext: 1.5,
  atStart: 1,
  atEnd: 1,
  leftWithout: -0.5,
  rightWithout: -0.5,
  noneLeft: -0.5,
  noneRight: -0.5,
  share: -1,
  likePrevious: 3,
  likeNext: 3,
  likeAbove: 0.5,
  likeBelow: 0.5,
  leadingComment: 4,
  trailingComment: 4,
  blankBefore: 0.2,
  sameRoleAbove: 0.3,
  sameRoleBelow: 0.3,
  outOfOrder: -4,
  usesAbove: -6,
  readsBelow: -4,
}

/** Probability that each gap is the right one, given that one of them is. */
export function rateGaps(evidence: readonly Evidence[]): number[] {
  const scores = evidence.map((one) => {
    let score = 0
    for (const feature in one) score += (weights[feature] ?? 0) * (one[feature] ?? 0)
    return score
  })
  const highest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

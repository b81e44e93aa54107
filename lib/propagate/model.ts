import type { Evidence } from './evidence.js'
import { weights } from './weights.js'

/**
 * Probability that each gap is the right one, by a conditional logit over the gaps and the alternative that
 * the right place is none of them (`elsewhere`).
 */
export function rateGaps(gaps: readonly Evidence[], elsewhere: Evidence): number[] {
  const evidence = [...gaps, elsewhere]
  const scores = evidence.map((one) => {
    let score = 0
    for (const feature in one) score += (weights[feature] ?? 0) * (one[feature] ?? 0)
    return score
  })
  const highest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.slice(0, gaps.length).map((power) => power / sum)
}

/** What paired with what, and why a statement went where it did. Lines count from 1. */
export interface Explanation {
  readonly placements: readonly PlacementExplanation[]
  /** Pairs of the statements around the wanted ones: the new version's line, then the old one's. */
  readonly pairs: readonly {
    readonly newer: number
    readonly older: number | undefined
    readonly text: string
  }[]
}

export interface PlacementExplanation {
  /** Line of the statement in the new version, and its first line of text. */
  readonly newerLine: number
  readonly text: string
  /** Line of the old version before which the statement was put; undefined when it was not. */
  readonly olderLine: number | undefined
  /** Estimated probability that the place is right. */
  readonly confidence: number
  /** Sentences, strongest first. */
  readonly evidence: readonly string[]
}

/** The explanation as lines of text, for `git flor propagate --explain`. */
export function formatExplanation(explanation: Explanation): string[] {
  const lines: string[] = []
  if (explanation.pairs.length > 0) lines.push('new   old   statement')
  for (const { newer, older, text } of explanation.pairs)
    lines.push(`${String(newer).padEnd(5)} ${String(older ?? '-').padEnd(5)} ${text}`)
  for (const placement of explanation.placements) {
    const where = placement.olderLine === undefined ? 'nowhere' : `before line ${placement.olderLine}`
    lines.push(`line ${placement.newerLine}: ${placement.text}`)
    lines.push(`  ${where} (${Math.round(placement.confidence * 100)} %)`)
    for (const sentence of placement.evidence) lines.push(`  - ${sentence}`)
  }
  return lines
}

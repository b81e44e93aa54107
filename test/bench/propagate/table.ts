import type { Case } from './cases.js'

export type Verdict = 'right' | 'wrong' | 'refused'

export interface Measured {
  readonly one: Case
  readonly verdicts: Readonly<Record<string, Verdict>>
}

type Weight = (one: Case) => number

/** What a three-way merge places rightly on the histories that the aims were set with: docs/propagation.md. */
const mergeOfAims = 0.59

/** Rows of a Markdown table: for each group of cases, right / wrong / refused in percent for each method. */
export function formatTable(measured: readonly Measured[], methods: readonly string[]): string {
  const asOccurring: Weight = (one) => one.weight
  const likeAims = weightLikeAims(measured)
  const groups: [string, (one: Case) => boolean, Weight?][] = [
    ['log-like statements', (one) => one.isLogLike],
    ['all simple statements', () => true],
    ...(likeAims
      ? [['all, as hard as the aims', () => true, likeAims] as [string, () => boolean, Weight]]
      : []),
    ['log-like, as they occur', (one) => one.isLogLike, asOccurring],
    ['all, as they occur', () => true, asOccurring],
    ['both neighbours the same', (one) => one.sameNeighbours === 2],
    ['one neighbour the same', (one) => one.sameNeighbours === 1],
    ['neither neighbour the same', (one) => one.sameNeighbours === 0],
    ['next version', (one) => one.distance === 1],
    ['two versions on', (one) => one.distance === 2],
    ['TypeScript', (one) => /\.tsx?$/.test(one.newer.path)],
  ]
  const lines = [`| | cases | ${methods.join(' | ')} |`, `|---|---:|${methods.map(() => '---:|').join('')}`]
  for (const [name, isIn, weightOf = () => 1] of groups) {
    const rows = measured.filter(({ one }) => isIn(one))
    if (rows.length === 0) continue
    const cells = methods.map((method) => {
      const share = (verdict: Verdict) => {
        const weight = (some: readonly Measured[]) => some.reduce((sum, { one }) => sum + weightOf(one), 0)
        const part = weight(rows.filter(({ verdicts }) => verdicts[method] === verdict))
        return ((100 * part) / weight(rows)).toFixed(1)
      }
      return `${share('right')} / ${share('wrong')} / ${share('refused')}`
    })
    lines.push(`| ${name} | ${rows.length} | ${cells.join(' | ')} |`)
  }
  return lines.join('\n')
}

/**
 * Weights that make the cases as hard as those the aims were set with: places with both neighbours the same count so
 * much that `git merge-file` is right in the same share of cases. Undefined where it was not run.
 */
function weightLikeAims(measured: readonly Measured[]): Weight | undefined {
  const same = measured.filter(({ one }) => one.sameNeighbours === 2)
  const changed = measured.filter(({ one }) => one.sameNeighbours < 2)
  const merged = (rows: readonly Measured[]) => {
    const right = rows.filter(({ verdicts }) => verdicts['git merge-file'] === 'right')
    return right.length / rows.length
  }
  const high = merged(same)
  const low = merged(changed)
  if (!(high > mergeOfAims && low < mergeOfAims) || high === 0) return undefined
  const share = (mergeOfAims - low) / (high - low)
  return (one) => (one.sameNeighbours === 2 ? share / same.length : (1 - share) / changed.length)
}

import type { Case } from './cases.js'

export type Verdict = 'right' | 'wrong' | 'refused'

export interface Measured {
  readonly one: Case
  readonly verdicts: Readonly<Record<string, Verdict>>
}

/** Rows of a Markdown table: for each group of cases, right / wrong / refused in percent for each method. */
export function formatTable(measured: readonly Measured[], methods: readonly string[]): string {
  const groups: [string, (one: Case) => boolean, isWeighted?: true][] = [
    ['log-like statements', (one) => one.isLogLike],
    ['all simple statements', () => true],
    ['log-like, as they occur', (one) => one.isLogLike, true],
    ['all, as they occur', () => true, true],
    ['both neighbours the same', (one) => one.sameNeighbours === 2],
    ['one neighbour the same', (one) => one.sameNeighbours === 1],
    ['neither neighbour the same', (one) => one.sameNeighbours === 0],
    ['next version', (one) => one.distance === 1],
    ['two versions on', (one) => one.distance === 2],
    ['TypeScript', (one) => /\.tsx?$/.test(one.newer.path)],
  ]
  const lines = [`| | cases | ${methods.join(' | ')} |`, `|---|---:|${methods.map(() => '---:|').join('')}`]
  for (const [name, isIn, isWeighted] of groups) {
    const rows = measured.filter(({ one }) => isIn(one))
    if (rows.length === 0) continue
    const cells = methods.map((method) => {
      const share = (verdict: Verdict) => {
        const weight = (some: readonly Measured[]) =>
          some.reduce((sum, { one }) => sum + (isWeighted ? one.weight : 1), 0)
        const part = weight(rows.filter(({ verdicts }) => verdicts[method] === verdict))
        return ((100 * part) / weight(rows)).toFixed(1)
      }
      return `${share('right')} / ${share('wrong')} / ${share('refused')}`
    })
    lines.push(`| ${name} | ${rows.length} | ${cells.join(' | ')} |`)
  }
  return lines.join('\n')
}

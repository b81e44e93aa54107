// Fits the weights of lib/propagate/weights.ts on the packages that are not held out, and writes them to a file.
// usage: node dist/test/bench/propagate/fit.js <file>
import { writeFileSync } from 'node:fs'
import { compare } from '../../../lib/propagate/compare.js'
import { collectEvidence, type Evidence, evidenceElsewhere } from '../../../lib/propagate/evidence.js'
import { parseCached } from '../../../lib/propagate/parse-cache.js'
import { possibleGaps, type Versions } from '../../../lib/propagate/placement.js'
import { findNeighbourhood, type Gap } from '../../../lib/propagate/siblings.js'
import type { Case } from './cases.js'
import { collect } from './collect.js'
import { heldOut, packages } from './packages.js'

/** The alternatives of one case, the last one `elsewhere`, and which is right. */
interface Choice {
  readonly alternatives: readonly Evidence[]
  readonly right: number
}

function readChoice(one: Case): Choice | undefined {
  const newer = parseCached(one.newer)
  const older = parseCached(one.older)
  const unit = newer.statements.find(({ start, end }) => start === one.start && end === one.end)
  if (!unit) return undefined
  const apart = new Set([unit])
  const comparison = compare(newer, older, apart)
  const place = findNeighbourhood(comparison, unit, apart)
  if (!place) return undefined
  const versions: Versions = { newer, older, comparison, apart }
  const gaps = collectEvidence(newer, older, comparison, unit, place).filter(
    possibleGaps(versions, unit, place.block, new Set()),
  )
  if (gaps.length === 0) return undefined
  const found = gaps.findIndex(({ gap }) => holds(gap, one.cut))
  return {
    alternatives: [
      ...gaps.map(({ evidence }) => evidence),
      evidenceElsewhere(comparison, unit, place, gaps.length),
    ],
    right: found === -1 ? gaps.length : found,
  }
}

/** Whether the cut lies between the statements of a gap, and in none of them. */
function holds({ block, position }: Gap, cut: number): boolean {
  const from = block.statements[position - 1]?.end ?? block.start
  const to = block.statements[position]?.start ?? block.end
  return from <= cut && cut <= to
}

function fit(choices: readonly Choice[], features: readonly string[]): Map<string, number> {
  const weights = new Float64Array(features.length)
  const momentum = new Float64Array(features.length)
  const rows = choices.map(({ alternatives, right }) => ({
    right,
    table: alternatives.map((one) => Float64Array.from(features, (feature) => one[feature] ?? 0)),
  }))
  const regularization = 0.0002
  for (let step = 0; step < 6000; step++) {
    const gradient = weights.map((weight) => -regularization * weight)
    for (const { table, right } of rows) {
      const scores = table.map((row) =>
        row.reduce((sum, value, i) => sum + value * (weights[i] as number), 0),
      )
      const highest = Math.max(...scores)
      const powers = scores.map((score) => Math.exp(score - highest))
      const sum = powers.reduce((all, power) => all + power, 0)
      for (const [i, row] of table.entries()) {
        const residual = (Number(i === right) - (powers[i] as number) / sum) / rows.length
        for (let k = 0; k < row.length; k++)
          if (row[k]) gradient[k] = (gradient[k] as number) + residual * (row[k] as number)
      }
    }
    for (let k = 0; k < weights.length; k++) {
      momentum[k] = 0.9 * (momentum[k] as number) + (gradient[k] as number)
      weights[k] = (weights[k] as number) + 0.7 * (momentum[k] as number)
    }
  }
  return new Map(features.map((feature, i) => [feature, weights[i] as number]))
}

/** For several thresholds: how many choices would be right, wrong, and refused. */
function fitReport(choices: readonly Choice[], weights: ReadonlyMap<string, number>): string {
  const rated = choices.map(({ alternatives, right }) => {
    const scores = alternatives.map((one) =>
      Object.entries(one).reduce((sum, [feature, value]) => sum + value * (weights.get(feature) ?? 0), 0),
    )
    const powers = scores.map((score) => Math.exp(score))
    const sum = powers.reduce((all, power) => all + power, 0)
    const gaps = powers.slice(0, -1)
    const best = gaps.indexOf(Math.max(...gaps))
    return { isRight: best === right, odds: (gaps[best] ?? 0) / sum }
  })
  return [0.5, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    .map((threshold) => {
      const taken = rated.filter(({ odds }) => odds >= threshold)
      const percent = (count: number) => ((100 * count) / rated.length).toFixed(1)
      const good = taken.filter(({ isRight }) => isRight).length
      return `at ${threshold}: ${percent(good)} / ${percent(taken.length - good)} / ${percent(rated.length - taken.length)}`
    })
    .join('\n')
}

/** Weights that these histories, which call no flor, cannot teach. */
const given: Readonly<Record<string, number>> = { besideFlor: 1.5 }

const choices: Choice[] = []
for (const name of Object.keys(packages)) {
  if (heldOut.has(name)) continue
  for (const one of collect(name)) {
    const choice = readChoice(one)
    if (choice) choices.push(choice)
  }
}
const features = [
  ...new Set(choices.flatMap(({ alternatives }) => alternatives.flatMap((one) => Object.keys(one)))),
]
const weights = fit(choices, features)
const elsewhere = choices.filter(({ alternatives, right }) => right === alternatives.length - 1).length
console.log(`${choices.length} choices, ${elsewhere} of them elsewhere`)
console.log(fitReport(choices, weights))
for (const [feature, weight] of Object.entries(given)) weights.set(feature, weight)
const lines = [...weights].map(([feature, weight]) => `  ${feature}: ${weight.toFixed(2)},`)
const [file = 'weights.ts'] = process.argv.slice(2)
writeFileSync(
  file,
  `/** Weights of the evidence, in natural logarithms of odds. Fitted by test/bench/propagate/fit.ts. */
export const weights: Readonly<Record<string, number>> = {
${lines.join('\n')}
}
`,
)

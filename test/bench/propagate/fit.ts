// Fits the trees of lib/propagate/trees.ts on the training packages and on those seen; held-out packages are not read.
// usage: node dist/test/bench/propagate/fit.js <file>
import { writeFileSync } from 'node:fs'
import type { Evidence } from '../../../lib/propagate/evidence.js'
import { toRow } from '../../../lib/propagate/model.js'
import { boost, probabilities, type Table } from './boost.js'
import { type Choice, readChoice } from './choices.js'
import { collect, collectForTraining } from './collect.js'
import { heldOut, packages, trainingPackages } from './packages.js'

const options = { trees: 110, leaves: 8, rate: 0.14 }
const folds = 3

function tableOf(choices: readonly Choice[], features: readonly string[]): Table {
  const starts = [0]
  const right: number[] = []
  for (const choice of choices) {
    right.push((starts.at(-1) as number) + choice.right)
    starts.push((starts.at(-1) as number) + choice.alternatives.length)
  }
  const values = new Float32Array((starts.at(-1) as number) * features.length)
  let row = 0
  for (const { alternatives } of choices)
    for (const one of alternatives) values.set(toRow(one, features), row++ * features.length)
  return { features, values, starts, right }
}

/** The best gap of each choice: its probability, and whether it is right. */
function rate(choices: readonly Choice[], features: readonly string[], trees: ReturnType<typeof boost>) {
  const table = tableOf(choices, features)
  const odds = probabilities(table, trees)
  return choices.map(({ one, alternatives, right }, i) => {
    const own = [...odds.subarray(table.starts[i], (table.starts[i] as number) + alternatives.length - 1)]
    const best = own.indexOf(Math.max(...own))
    return { one, isRight: best === right, odds: own[best] ?? 0 }
  })
}

/** For several thresholds, and for each number of same neighbours: percent right / wrong / refused. */
function report(rated: ReturnType<typeof rate>): string {
  return [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
    .map((threshold) => {
      const cells = [0, 1, 2, undefined].map((same) => {
        const rows = rated.filter(({ one }) => same === undefined || one.sameNeighbours === same)
        const taken = rows.filter(({ odds }) => odds >= threshold)
        const good = taken.filter(({ isRight }) => isRight).length
        const percent = (count: number) => ((100 * count) / rows.length).toFixed(1)
        return `${same ?? 'all'} same: ${percent(good)} / ${percent(taken.length - good)}`
      })
      return `at ${threshold}: ${cells.join(', ')}`
    })
    .join('\n')
}

const seen = Object.keys(packages).filter((name) => !heldOut.has(name))
const choicesOf = (name: string, cases: readonly Choice['one'][]) => {
  const choices = cases.flatMap((one) => readChoice(one) ?? [])
  process.stderr.write(`${name}: ${choices.length} choices\n`)
  return choices
}
const lessons = new Map(
  [...seen, ...Object.keys(trainingPackages)].map((name) => [
    name,
    choicesOf(name, collectForTraining(name)),
  ]),
)
const questions = new Map(seen.map((name) => [name, choicesOf(name, collect(name))]))
const all = [...lessons.values()].flat()
const features = [
  ...new Set(all.flatMap(({ alternatives }) => alternatives.flatMap((one: Evidence) => Object.keys(one)))),
]

// What to expect of packages never seen: each third of them is rated by trees that learned from the others.
const rated = Array.from({ length: folds }, (_, fold) => {
  const out = new Set(seen.filter((_name, i) => i % folds === fold))
  const others = [...lessons].flatMap(([name, choices]) => (out.has(name) ? [] : choices))
  const trees = boost(tableOf(others, features), options)
  return rate(
    [...out].flatMap((name) => questions.get(name) ?? []),
    features,
    trees,
  )
}).flat()
console.log(
  `packages left out of the fit, ${rated.length} choices: right / wrong, in percent\n${report(rated)}`,
)

const trees = boost(tableOf(all, features), options)
const [file = 'trees.ts'] = process.argv.slice(2)
writeFileSync(
  file,
  `import type { Tree } from './model.js'

/** Names of the features that the trees ask for, by number. Fitted by test/bench/propagate/fit.ts, as are the trees. */
export const features: readonly string[] = ${JSON.stringify(features)}

export const trees: readonly Tree[] = [
${trees.map((tree) => `  ${JSON.stringify(tree)},`).join('\n')}
]
`,
)

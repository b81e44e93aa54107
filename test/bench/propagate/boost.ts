// Gradient-boosted trees for choices among alternatives: a softmax over the scores of each choice's alternatives, fitted
// by second-order boosting (Chen and Guestrin, XGBoost, 2016, section 2) with histograms of binned features.
import type { Tree } from '../../../lib/propagate/model.js'
import { seeded } from './seeded.js'

/** Rows of all choices one behind the other; choice `i` has rows `starts[i]` up to `starts[i + 1]`. */
export interface Table {
  readonly features: readonly string[]
  /** Row by row, one value a feature. */
  readonly values: Float32Array
  readonly starts: readonly number[]
  /** Row of the right alternative of each choice. */
  readonly right: readonly number[]
}

export interface BoostOptions {
  readonly trees: number
  readonly leaves: number
  readonly rate: number
}

const bins = 64
const leastRows = 20
const leastHessian = 0.5
const penalty = 2
const featureShare = 0.5
const rowShare = 0.8

interface Leaf {
  rows: Int32Array
  split?: Split
}

interface Split {
  readonly feature: number
  readonly bin: number
  readonly gain: number
}

/** Fits trees; the same table and options give the same trees. */
export function boost(table: Table, options: BoostOptions): Tree[] {
  const width = table.features.length
  const count = table.values.length / width
  const edges = table.features.map((_, feature) => edgesOf(table, feature, count))
  const binned = new Uint8Array(table.values.length)
  for (let feature = 0; feature < width; feature++)
    for (let row = 0; row < count; row++)
      binned[row * width + feature] = binOf(
        edges[feature] as number[],
        table.values[row * width + feature] as number,
      )
  const scores = new Float64Array(count)
  const gradient = new Float64Array(count)
  const hessian = new Float64Array(count)
  const random = seeded(1)
  const trees: Tree[] = []
  for (let round = 0; round < options.trees; round++) {
    computeGradients(table, scores, gradient, hessian)
    const chosen = table.features.flatMap((_, feature) => (random() < featureShare ? [feature] : []))
    const rows = Int32Array.from(
      Array.from({ length: count }, (_, row) => row).filter(() => random() < rowShare),
    )
    const tree = growTree({ binned, width, gradient, hessian, edges, chosen }, rows, options)
    trees.push(tree)
    for (let row = 0; row < count; row++)
      scores[row] = (scores[row] as number) + scoreOf(tree, table.values, row * width)
  }
  return trees
}

/** The probability of each row among the alternatives of its choice. */
export function probabilities(table: Table, trees: readonly Tree[]): Float64Array {
  const width = table.features.length
  const scores = new Float64Array(table.values.length / width)
  for (let row = 0; row < scores.length; row++)
    for (const tree of trees) scores[row] = (scores[row] as number) + scoreOf(tree, table.values, row * width)
  softmax(table, scores)
  return scores
}

function scoreOf(tree: Tree, values: Float32Array, offset: number): number {
  let node = tree
  while (typeof node !== 'number') node = (values[offset + node[0]] as number) <= node[1] ? node[2] : node[3]
  return node
}

function softmax({ starts }: Table, scores: Float64Array): void {
  for (let i = 0; i + 1 < starts.length; i++) {
    const from = starts[i] as number
    const to = starts[i + 1] as number
    let highest = Number.NEGATIVE_INFINITY
    for (let row = from; row < to; row++) highest = Math.max(highest, scores[row] as number)
    let sum = 0
    for (let row = from; row < to; row++) sum += scores[row] = Math.exp((scores[row] as number) - highest)
    for (let row = from; row < to; row++) scores[row] = (scores[row] as number) / sum
  }
}

function computeGradients(
  table: Table,
  scores: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  gradient.set(scores)
  softmax(table, gradient)
  for (let row = 0; row < gradient.length; row++) {
    const odds = gradient[row] as number
    hessian[row] = Math.max(odds * (1 - odds), 1e-3)
  }
  for (const row of table.right) gradient[row] = (gradient[row] as number) - 1
}

/** Upper bounds of all bins but the last, at equal counts of values. */
function edgesOf({ values, features }: Table, feature: number, count: number): number[] {
  const sorted = Float32Array.from(
    { length: count },
    (_, row) => values[row * features.length + feature] as number,
  ).sort()
  const edges: number[] = []
  for (let bin = 1; bin < bins; bin++) {
    const low = sorted[Math.floor((bin * count) / bins)] as number
    if (edges.length === 0 || low > (edges.at(-1) as number)) edges.push(low)
  }
  // Values in the middle between those seen, so that rounding on the way decides nothing; none behind the largest.
  return edges.flatMap((edge) => {
    const above = firstAbove(sorted, edge)
    return above === undefined ? [] : [Number(((edge + above) / 2).toPrecision(4))]
  })
}

function firstAbove(sorted: Float32Array, value: number): number | undefined {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) <= value) low = middle + 1
    else high = middle
  }
  return sorted[low]
}

function binOf(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((edges[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}

interface Data {
  readonly binned: Uint8Array
  readonly width: number
  readonly gradient: Float64Array
  readonly hessian: Float64Array
  readonly edges: readonly (readonly number[])[]
  readonly chosen: readonly number[]
}

type Node = { leaf: Leaf } | { split: Split; low: Node; high: Node }

/** Grows the leaf with the largest gain until there are `leaves`. */
function growTree(data: Data, rows: Int32Array, { leaves, rate }: BoostOptions): Tree {
  const root: Node = { leaf: withSplit(data, rows) }
  const open: { node: Node; leaf: Leaf }[] = [{ node: root, leaf: root.leaf }]
  while (open.length < leaves) {
    const splits = open.filter(({ leaf }) => leaf.split !== undefined)
    const best = splits.sort((a, b) => (b.leaf.split?.gain ?? 0) - (a.leaf.split?.gain ?? 0))[0]
    if (!best?.leaf.split) break
    const { split } = best.leaf
    const isLow = (row: number) => (data.binned[row * data.width + split.feature] as number) <= split.bin
    const low: Node = { leaf: withSplit(data, best.leaf.rows.filter(isLow)) }
    const high: Node = {
      leaf: withSplit(
        data,
        best.leaf.rows.filter((row) => !isLow(row)),
      ),
    }
    const node = best.node as Partial<{ leaf: Leaf; split: Split; low: Node; high: Node }>
    delete node.leaf
    Object.assign(node, { split, low, high })
    open.splice(open.indexOf(best), 1, { node: low, leaf: low.leaf }, { node: high, leaf: high.leaf })
  }
  const finish = (node: Node): Tree => {
    if ('leaf' in node) return Number((rate * leafValue(data, node.leaf.rows)).toPrecision(3))
    const { feature, bin } = node.split
    return [feature, data.edges[feature]?.[bin] as number, finish(node.low), finish(node.high)]
  }
  return finish(root)
}

function leafValue({ gradient, hessian }: Data, rows: Int32Array): number {
  let g = 0
  let h = 0
  for (const row of rows) {
    g += gradient[row] as number
    h += hessian[row] as number
  }
  return -g / (h + penalty)
}

function withSplit(data: Data, rows: Int32Array): Leaf {
  const split = findSplit(data, rows)
  return { rows, ...(split ? { split } : {}) }
}

function findSplit(
  { binned, width, gradient, hessian, edges, chosen }: Data,
  rows: Int32Array,
): Split | undefined {
  if (rows.length < 2 * leastRows) return undefined
  const g = new Float64Array(bins * width)
  const h = new Float64Array(bins * width)
  const n = new Int32Array(bins * width)
  let allG = 0
  let allH = 0
  for (const row of rows) {
    const rowG = gradient[row] as number
    const rowH = hessian[row] as number
    allG += rowG
    allH += rowH
    for (const feature of chosen) {
      const at = feature * bins + (binned[row * width + feature] as number)
      g[at] = (g[at] as number) + rowG
      h[at] = (h[at] as number) + rowH
      n[at] = (n[at] as number) + 1
    }
  }
  const whole = (allG * allG) / (allH + penalty)
  let best: Split | undefined
  for (const feature of chosen) {
    let lowG = 0
    let lowH = 0
    let lowN = 0
    const last = edges[feature]?.length ?? 0
    for (let bin = 0; bin < last; bin++) {
      const at = feature * bins + bin
      lowG += g[at] as number
      lowH += h[at] as number
      lowN += n[at] as number
      if (lowN < leastRows || rows.length - lowN < leastRows) continue
      if (lowH < leastHessian || allH - lowH < leastHessian) continue
      const highG = allG - lowG
      const gain = (lowG * lowG) / (lowH + penalty) + (highG * highG) / (allH - lowH + penalty) - whole
      if (gain > (best?.gain ?? 1e-6)) best = { feature, bin, gain }
    }
  }
  return best
}

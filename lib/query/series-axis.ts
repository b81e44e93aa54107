import { type ContextTable, contextAt } from '../model/column.js'
import { contextKey } from '../model/context.js'
import type { LoopTiming } from '../model/run.js'

/**
 * What the values of a run are drawn over. `loop`: iterations of that loop since the run began. `time`: seconds since then, known for each
 * iteration of the outer and main loops; what lies within one is spread evenly over it.
 */
export type SeriesAxis = { readonly kind: 'loop'; readonly loop: string } | { readonly kind: 'time' }

/**
 * Where the rows of a table lie on the axis, one number a row; undefined where that cannot be told.
 *
 * Over the innermost loop of the contexts a value lies at its iteration: at the label where labels are finite numbers, and where the
 * loop lies in others, counted on from one enclosing iteration to the next. Over an enclosing loop, the values inside an iteration lie evenly
 * spread between it and the next. Over a loop inside the contexts, a value lies at the last iteration that was over by the end of its own.
 */
export function positionsOn(
  axis: SeriesAxis,
  table: ContextTable,
  timeline: readonly LoopTiming[],
): Float64Array | undefined {
  if (axis.kind === 'time') return timesOf(table, timeline)
  const at = table.loops.lastIndexOf(axis.loop)
  if (at === -1) return endsInside(axis.loop, table, timeline)
  if (at === table.loops.length - 1) return iterationsOf(table, timeline)
  const enclosing = iterationsOf(outerTable(table, at + 1), timeline)
  return spread(table, at + 1, (row, part) => (enclosing[row] as number) + part)
}

const outerTable = (table: ContextTable, depth: number): ContextTable => ({
  loops: table.loops.slice(0, depth),
  count: table.count,
  indices: table.indices.slice(0, depth),
  passes: table.passes.slice(0, depth),
  labels: table.labels.slice(0, depth),
})

/** Iterations of the innermost loop. */
function iterationsOf(table: ContextTable, timeline: readonly LoopTiming[]): Float64Array {
  const last = table.loops.length - 1
  const indices = table.indices[last] as Int32Array
  const labels = table.labels[last]
  const hasPasses = table.passes[last] !== undefined
  if (last === 0 && !hasPasses) {
    const isNumbered = labels?.every((label) => label === undefined || Number.isFinite(label))
    return Float64Array.from(indices, (index, row) => (isNumbered ? Number(labels?.[row] ?? index) : index))
  }
  const starts = startsOf(table, timeline)
  const positions = new Float64Array(table.count)
  let start = 0
  forEachRow(table, last, true, (row, isNew) => {
    if (isNew) start = starts.get(loopKeyAt(table, row)) ?? 0
    positions[row] = start + (indices[row] as number)
  })
  return positions
}

/** How many iterations of the innermost loop had begun before each time that it was entered, by {@link loopKeyAt}. */
function startsOf(table: ContextTable, timeline: readonly LoopTiming[]): ReadonlyMap<string, number> {
  const last = table.loops.length - 1
  const sizes = new Map<string, number>()
  let key = ''
  forEachRow(table, last, true, (row, isNew) => {
    if (isNew) key = loopKeyAt(table, row)
    sizes.set(key, Math.max(sizes.get(key) ?? 0, (table.indices[last]?.[row] as number) + 1))
  })
  const recorded = recordedSizes(table.loops[last] as string, timeline)
  // Where the run's own timeline does not tell all of them, what was logged has to.
  const known = [...sizes.keys()].every((key) => recorded.has(key)) ? recorded : sizes
  const starts = new Map<string, number>()
  let total = 0
  for (const [key, size] of known) {
    starts.set(key, total)
    total += size
  }
  return starts
}

/** Iterations of a loop each time that it was entered, in order, as far as the timeline knows. */
function recordedSizes(loop: string, timeline: readonly LoopTiming[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const timing of timeline) {
    if (timing.loop === loop)
      sizes.set(`${contextKey(timing.context)} ${timing.pass}`, timing.iterations.length)
    for (const { context, nested } of timing.iterations) {
      for (const inner of nested) {
        if (inner.loop === loop) sizes.set(`${contextKey(context)} ${inner.pass}`, inner.iterations)
      }
    }
  }
  return sizes
}

/** For values around a loop: how many of its iterations had ended by the end of the value's own iteration, less one. */
function endsInside(
  loop: string,
  table: ContextTable,
  timeline: readonly LoopTiming[],
): Float64Array | undefined {
  const ends = new Map<string, number>()
  let total = 0
  for (const { iterations } of timeline) {
    for (const { context, nested } of iterations) {
      const own = nested.filter((inner) => inner.loop === loop)
      if (own.length === 0) continue
      total += own.reduce((sum, inner) => sum + inner.iterations, 0)
      ends.set(contextKey(context), total - 1)
    }
  }
  const positions = new Float64Array(table.count)
  for (let row = 0; row < table.count; row++) {
    const end = ends.get(contextKey(contextAt(table, row)))
    if (end === undefined) return undefined
    positions[row] = end
  }
  return positions
}

/** Seconds since the run began. */
function timesOf(table: ContextTable, timeline: readonly LoopTiming[]): Float64Array | undefined {
  const spans = spansOf(timeline)
  for (let depth = table.loops.length; depth > 0; depth--) {
    const keyAt = (row: number): string => contextKey(contextAt(table, row).slice(0, depth))
    if (!spans.has(keyAt(0))) continue
    let span: Span | undefined
    const times = spread(table, depth, (row, part, isNew, size) => {
      if (isNew) span = spans.get(keyAt(row))
      if (span === undefined) return Number.NaN
      // Each at the end of its share.
      return (span.fromMs + (span.toMs - span.fromMs) * (part + 1 / size)) / 1000
    })
    return times.some(Number.isNaN) ? undefined : times
  }
  return undefined
}

interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** When each iteration of the outer and main loops began and ended. */
function spansOf(timeline: readonly LoopTiming[]): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>()
  for (const { context, beforeMs, iterations } of timeline) {
    let atMs = (spans.get(contextKey(context))?.fromMs ?? 0) + beforeMs
    for (const { context: own, durationMs = 0 } of iterations) {
      spans.set(contextKey(own), { fromMs: atMs, toMs: atMs + durationMs })
      atMs += durationMs
    }
  }
  return spans
}

/** Calls `of` for each row with its part (0, 1/n, …) of the rows that share the outermost `depth` iterations. */
function spread(
  table: ContextTable,
  depth: number,
  of: (row: number, part: number, isNew: boolean, size: number) => number,
): Float64Array {
  const positions = new Float64Array(table.count)
  const begins: number[] = []
  forEachRow(table, depth, false, (row, isNew) => {
    if (isNew) begins.push(row)
  })
  begins.forEach((begin, i) => {
    const end = begins[i + 1] ?? table.count
    const size = end - begin
    for (let row = begin; row < end; row++) {
      positions[row] = of(row, (row - begin) / size, row === begin, size)
    }
  })
  return positions
}

/** Tells for each row whether its outermost `depth` iterations (and the pass of the next loop) are others than those of the row before. */
function forEachRow(
  table: ContextTable,
  depth: number,
  withPass: boolean,
  visit: (row: number, isNew: boolean) => void,
): void {
  for (let row = 0; row < table.count; row++) {
    let isNew = row === 0
    for (let i = 0; i < depth && !isNew; i++) {
      isNew =
        table.indices[i]?.[row] !== table.indices[i]?.[row - 1] ||
        table.passes[i]?.[row] !== table.passes[i]?.[row - 1]
    }
    if (withPass) isNew ||= table.passes[depth]?.[row] !== table.passes[depth]?.[row - 1]
    visit(row, isNew)
  }
}

/** The enclosing iterations of the innermost loop, and its pass. */
function loopKeyAt(table: ContextTable, row: number): string {
  const context = contextAt(table, row)
  return `${contextKey(context.slice(0, -1))} ${context.at(-1)?.pass ?? 0}`
}

import { formatContext } from '../../model/context.js'
import type { Checkpoint, LoopTiming, RunEnd, RunHeader } from '../../model/run.js'
import { counted, formatSize } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { layoutTable } from '../render/table.js'
import { formatDuration } from '../render/time.js'

/** What the time of a run went into, as far as it was measured. */
export interface TimedRun {
  readonly header: RunHeader
  readonly end: RunEnd
  readonly timeline: readonly LoopTiming[]
  readonly checkpoints: readonly Checkpoint[]
}

/** All iterations of one loop, or all passes of a nested one, together. Milliseconds. */
export interface LoopTotals {
  readonly loop: string
  readonly role: 'outer' | 'main' | 'nested'
  /** How many iterations were measured; of nested loops, how many iterations all passes had. */
  readonly iterations: number
  readonly totalMs: number
  /** Of one iteration; of nested loops, of one pass. */
  readonly shortestMs?: number
  readonly longestMs?: number
}

/** The loops of a run, in the order in which they were first entered, nested ones behind the loop around them. */
export function loopTotals(timeline: readonly LoopTiming[]): LoopTotals[] {
  type Sums = { loop: string; role: LoopTotals['role']; iterations: number; durations: number[] }
  const all = new Map<string, Sums>()
  const sumsOf = (loop: string, role: LoopTotals['role']): Sums => {
    const key = `${role} ${loop}`
    const sums = all.get(key) ?? { loop, role, iterations: 0, durations: [] }
    all.set(key, sums)
    return sums
  }
  for (const { loop, role, iterations } of timeline) {
    const own = sumsOf(loop, role)
    for (const { durationMs, nested } of iterations) {
      if (durationMs !== undefined) {
        own.iterations++
        own.durations.push(durationMs)
      }
      for (const inner of nested) {
        const sums = sumsOf(inner.loop, 'nested')
        sums.iterations += inner.iterations
        sums.durations.push(inner.durationMs)
      }
    }
  }
  return [...all.values()].map(({ loop, role, iterations, durations }) => ({
    loop,
    role,
    iterations,
    totalMs: durations.reduce((sum, ms) => sum + ms, 0),
    ...(durations.length === 0
      ? {}
      : {
          shortestMs: durations.reduce((a, b) => Math.min(a, b)),
          longestMs: durations.reduce((a, b) => Math.max(a, b)),
        }),
  }))
}

/** A table of the loops, and what lies before and behind them. */
export function formatTimings({ header, end, timeline }: TimedRun, columns: number): string[] {
  const share = (ms: number): string =>
    end.durationMs > 0 ? `${Math.round((ms / end.durationMs) * 100)} %` : ''
  const totals = loopTotals(timeline)
  const before = timeline.find(({ context }) => context.length === 0)?.beforeMs
  const rows = totals.map(({ loop, role, iterations, totalMs, shortestMs, longestMs }) => [
    `${role === 'nested' ? '  ' : ''}${sanitizeLine(loop)}`,
    String(iterations),
    shortestMs === undefined ? '' : formatDuration(shortestMs),
    longestMs === undefined ? '' : formatDuration(longestMs),
    formatDuration(totalMs),
    share(totalMs),
  ])
  if (header.bootMs !== undefined) rows.unshift(['start-up', '', '', '', formatDuration(header.bootMs), ''])
  if (before !== undefined) {
    const at = header.bootMs === undefined ? 0 : 1
    rows.splice(at, 0, ['before the loops', '', '', '', formatDuration(before), share(before)])
  }
  if (rows.length === 0) return []
  return layoutTable(
    [
      { title: 'loop', align: 'left', isKey: true, minWidth: 8 },
      { title: 'iterations', align: 'right' },
      { title: 'shortest', align: 'right' },
      { title: 'longest', align: 'right' },
      { title: 'in all', align: 'right' },
      { title: 'share', align: 'right' },
    ],
    rows,
    columns,
  )
}

/** How many checkpoints there are, from where to where, and what they cost. */
export function formatCheckpointTotals({ end, checkpoints }: TimedRun, sizeBytes: number): string[] {
  const [first, last] = [checkpoints[0], checkpoints.at(-1)]
  if (first === undefined || last === undefined) return []
  const places = [...new Set([first, last].map(({ point }) => sanitizeLine(formatContext(point.context))))]
  const costMs = checkpoints.reduce((sum, checkpoint) => sum + checkpoint.costMs, 0)
  const share = end.durationMs > 0 ? ` (${((costMs / end.durationMs) * 100).toFixed(1)} % of its time)` : ''
  const where = places[0] === '' ? '' : `, ${places.join(' to ')}`
  return [
    `${counted(checkpoints.length, 'checkpoint')}${where}, ${formatSize(sizeBytes)}`,
    `training waited ${formatDuration(costMs)} for them${share}`,
  ]
}

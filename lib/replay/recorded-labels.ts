import { type Column, type ContextTable, contextAt } from '../model/column.js'
import { contextKey, type Label } from '../model/context.js'
import type { LoopTiming } from '../model/run.js'

/**
 * Columns of a replay with the labels that the run itself gave the iterations of its outer and main loops. An iteration has one name in a run,
 * whatever the runtime of today would call it: runs of early versions know an item 0.1 by its index alone, and values of one iteration would not
 * stand together.
 */
export function withRecordedLabels<C extends Column>(
  columns: readonly C[],
  timeline: readonly LoopTiming[],
): C[] {
  const recorded = new Map<string, Label | undefined>()
  for (const { iterations } of timeline) {
    for (const { context } of iterations) recorded.set(contextKey(context), context.at(-1)?.label)
  }
  return columns.map((column) => {
    const { contexts } = column
    const labels = contexts.labels.map((own, i) => own && relabelled(own, contexts, i, recorded))
    return { ...column, contexts: { ...contexts, labels } }
  })
}

function relabelled(
  own: readonly (Label | undefined)[],
  contexts: ContextTable,
  i: number,
  recorded: ReadonlyMap<string, Label | undefined>,
): readonly (Label | undefined)[] | undefined {
  const labels = own.map((label, row) => {
    const key = contextKey(contextAt(contexts, row).slice(0, i + 1))
    return recorded.has(key) ? recorded.get(key) : label
  })
  return labels.some((label) => label !== undefined) ? labels : undefined
}

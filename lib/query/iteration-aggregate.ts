import type { ContextTable } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import { aggregateValues } from './aggregate.js'
import {
  type CellGroup,
  inLogOrder,
  type NameCells,
  outerKey,
  type ShapeCells,
  shapeKey,
} from './cell-groups.js'
import type { Aggregate } from './expression.js'
import { leastFaithful } from './preference.js'

/**
 * One value for each iteration of the outermost loop called `loop`: the aggregate of everything that was logged inside it, however deep,
 * and of nothing outside of it. Values of several shapes (`epoch/train`, `epoch/eval`) count together, in the order of `inLogOrder`.
 */
export function aggregateByIteration(cells: NameCells, aggregate: Aggregate, loop: string): NameCells {
  const gathered = new Map<string, { loops: readonly string[]; iterations: Map<string, CellGroup[]> }>()
  for (const { loops, groups } of cells.values()) {
    const depth = loops.indexOf(loop) + 1
    if (depth === 0) continue
    const outer = loops.slice(0, depth)
    const key = shapeKey(outer)
    const shape = gathered.get(key) ?? { loops: outer, iterations: new Map<string, CellGroup[]>() }
    gathered.set(key, shape)
    for (const [context, group] of groups) {
      const at = outerKey(context, depth)
      const inside = shape.iterations.get(at)
      if (inside === undefined) shape.iterations.set(at, [group])
      else inside.push(group)
    }
  }
  const result = new Map<string, ShapeCells>()
  for (const [key, { loops, iterations }] of gathered) {
    const cut = cutTables(loops.length)
    const groups = new Map<string, CellGroup>()
    for (const [at, inside] of iterations) {
      const value = aggregateOf(inside, aggregate)
      if (value === undefined) continue
      const [{ table, row }] = inside as [CellGroup]
      const origin = leastFaithful(inside.flatMap((group) => group.cells))
      const cell = { value, ...(origin !== undefined && { origin }) }
      groups.set(at, { cells: [cell], table: cut(table), row, isLastShown: false })
    }
    result.set(key, { loops, groups })
  }
  return result
}

/** The value of the innermost iteration around a context, given as its loops and its key; undefined outside of the loop. */
export function valueAround(cells: NameCells, loops: readonly string[], key: string): LogValue | undefined {
  for (let depth = loops.length; depth >= 0; depth--) {
    const group = cells.get(shapeKey(loops.slice(0, depth)))?.groups.get(outerKey(key, depth))
    if (group !== undefined) return group.cells[0]?.value
  }
  return undefined
}

function aggregateOf(groups: readonly CellGroup[], aggregate: Aggregate): LogValue | undefined {
  const cells = inLogOrder(groups.flatMap((group) => group.cells))
  return aggregateValues(
    cells.map(({ value }) => value),
    aggregate,
  )
}

/** Tables seen as those of their outermost `depth` loops, one for each table so that equal ones stay equal. */
function cutTables(depth: number): (table: ContextTable) => ContextTable {
  const known = new Map<ContextTable, ContextTable>()
  return (table) => {
    let cut = known.get(table)
    if (cut === undefined) {
      const { loops, count, indices, passes, labels } = table
      const outer = <T>(list: readonly T[]): readonly T[] => list.slice(0, depth)
      cut = {
        loops: outer(loops),
        count,
        indices: outer(indices),
        passes: outer(passes),
        labels: outer(labels),
      }
      known.set(table, cut)
    }
    return cut
  }
}

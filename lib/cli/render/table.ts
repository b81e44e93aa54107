import { displayWidth, isolate, padEnd, padStart, truncate } from './width.js'

/** One column of a text table. Cells are free of control characters and of escape sequences. */
export interface TableColumn {
  readonly title: string
  readonly align: 'left' | 'right'
  /** Key columns are repeated in front of every block when a table is too wide for one. */
  readonly isKey?: boolean
  /** Narrowest width to which the column may be cut; without one it is never cut. */
  readonly minWidth?: number
  /** Colours a cell after it was padded. */
  readonly paint?: (text: string, row: number) => string
  readonly paintTitle?: (text: string) => string
}

/**
 * Lays a table out for `columns` columns: two blanks between columns; where that is too wide, cells of columns that allow it are cut;
 * where it still is, the columns that do not fit follow in further blocks below, key columns repeated. No trailing blanks.
 * @returns lines, the title line of each block first
 */
export function layoutTable(
  header: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  const widths = header.map((column, i) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[i] ?? '')), displayWidth(column.title)),
  )
  shrink(header, widths, columns)
  const lines: string[] = []
  for (const block of splitBlocks(header, widths, columns)) {
    if (lines.length > 0) lines.push('')
    const line = (cells: (i: number) => string, paint: (i: number, text: string) => string): string => {
      const padded = block.map((i, at) => {
        const [column, width] = [header[i] as TableColumn, widths[i] as number]
        const text = isolate(truncate(cells(i), width))
        const isLast = at === block.length - 1
        return paint(
          i,
          column.align === 'right' ? padStart(text, width) : isLast ? text : padEnd(text, width),
        )
      })
      return padded.join('  ').trimEnd()
    }
    lines.push(
      line(
        (i) => header[i]?.title ?? '',
        (i, text) => header[i]?.paintTitle?.(text) ?? text,
      ),
    )
    rows.forEach((row, r) => {
      lines.push(
        line(
          (i) => row[i] ?? '',
          (i, text) => header[i]?.paint?.(text, r) ?? text,
        ),
      )
    })
  }
  return lines
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width + 2, 0) - (widths.length > 0 ? 2 : 0)

/** Cuts the widest column that may be cut, one step at a time, until the table fits or none may be cut further. */
function shrink(header: readonly TableColumn[], widths: number[], columns: number): void {
  for (let excess = total(widths) - columns; excess > 0; excess = total(widths) - columns) {
    let widest = -1
    header.forEach((column, i) => {
      const canShrink = column.minWidth !== undefined && (widths[i] as number) > column.minWidth
      if (canShrink && (widest === -1 || (widths[i] as number) > (widths[widest] as number))) widest = i
    })
    if (widest === -1) return
    widths[widest] = (widths[widest] as number) - 1
  }
}

function splitBlocks(header: readonly TableColumn[], widths: readonly number[], columns: number): number[][] {
  const all = header.map((_, i) => i)
  if (total(widths) <= columns) return [all]
  const keys = all.filter((i) => header[i]?.isKey === true)
  const blocks: number[][] = []
  let block = [...keys]
  for (const i of all) {
    if (header[i]?.isKey === true) continue
    const isTooWide = total([...block, i].map((at) => widths[at] as number)) > columns
    if (isTooWide && block.length > keys.length) {
      blocks.push(block)
      block = [...keys]
    }
    block.push(i)
  }
  blocks.push(block)
  return blocks
}

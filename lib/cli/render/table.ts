import { cutTitles, type Title, tellingWidth, titleWidth } from './cut-titles.js'
import { displayWidth, isolate, padEnd, padStart, truncate } from './width.js'

/** One column of a text table. Cells are free of control characters and of escape sequences. */
export interface TableColumn extends Title {
  readonly align: 'left' | 'right'
  /** Key columns are repeated in front of every block when a table is too wide for one. */
  readonly isKey?: boolean
  /** Narrowest width to which the column may be cut; without one it is never cut. Numbers and times in it are whole wherever a line can hold them. */
  readonly minWidth?: number
  /** Colours a cell after it was padded. */
  readonly paint?: (text: string, row: number) => string
  readonly paintTitle?: (text: string) => string
}

/**
 * Lays a table out for `columns` columns: two blanks between columns; where that is too wide, cells of columns that allow it are cut;
 * where it still is, the columns that do not fit follow in further blocks below, key columns repeated, and what was cut takes the room
 * that a block has left. No trailing blanks.
 * @returns lines, the title line of each block first
 */
export function layoutTable(
  header: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  const natural = header.map((column, i) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[i] ?? '')), titleWidth(column)),
  )
  const narrow = shrink(header, rows, natural, columns)
  const lines: string[] = []
  for (const block of splitBlocks(header, narrow, columns)) {
    if (lines.length > 0) lines.push('')
    const widths = fill(block, header, { narrow, natural }, columns)
    const titles = cutTitles(header, widths)
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
        (i) => titles[i] ?? '',
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

/** What is wrong when it is cut: numbers, with the mark of a diverged one, and times. */
const WHOLE = /^[+-]?(?:\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?|inf|NaN)[!*]?$|^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/

/** Numbers beyond it, of hundreds of digits perhaps, are cut as texts are. */
const LONGEST_WHOLE = 32

/** Cuts the widest column that may be cut, one step at a time, until the table fits or none may be cut further. */
function shrink(
  header: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  natural: readonly number[],
  columns: number,
): number[] {
  const widths = [...natural]
  if (total(widths) <= columns) return widths
  const narrowest = narrowestOf(header, rows, columns)
  for (let excess = total(widths) - columns; excess > 0; excess = total(widths) - columns) {
    let widest = -1
    widths.forEach((width, i) => {
      const canShrink = width > (narrowest[i] as number)
      if (canShrink && (widest === -1 || width > (widths[widest] as number))) widest = i
    })
    if (widest === -1) break
    widths[widest] = (widths[widest] as number) - 1
  }
  return widths
}

/** To what each column may be cut; infinite where it may not. */
function narrowestOf(
  header: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  columns: number,
): number[] {
  const keys = header.map((column) => (column.isKey === true ? (column.minWidth ?? 8) + 2 : 0))
  const room = columns - keys.reduce((sum, width) => sum + width, 0)
  return header.map(({ minWidth, isKey }, i) => {
    if (minWidth === undefined) return Number.POSITIVE_INFINITY
    const whole = rows.reduce((widest, row) => {
      const text = row[i] ?? ''
      const isWhole = text.length > widest && text.length <= LONGEST_WHOLE && WHOLE.test(text)
      return isWhole ? text.length : widest
    }, 0)
    const telling = tellingWidth(header[i] as TableColumn, header, minWidth)
    return Math.max(minWidth, isKey === true ? whole : Math.min(Math.max(whole, telling), room))
  })
}

/** The widths of a block's columns, those that were cut grown into what is left of the line, the narrowest first; keys last, since they stand in every block. */
function fill(
  block: readonly number[],
  header: readonly TableColumn[],
  { narrow, natural }: { readonly narrow: readonly number[]; readonly natural: readonly number[] },
  columns: number,
): readonly number[] {
  const widths = [...narrow]
  const keys = block.filter((i) => header[i]?.isKey === true)
  for (const group of [block.filter((i) => header[i]?.isKey !== true), keys]) {
    for (let room = columns - total(block.map((i) => widths[i] as number)); room > 0; room--) {
      const cut = group.filter((i) => (widths[i] as number) < (natural[i] as number))
      const [first] = cut
      if (first === undefined) break
      const next = cut.reduce((a, b) => ((widths[b] as number) < (widths[a] as number) ? b : a), first)
      widths[next] = (widths[next] as number) + 1
    }
  }
  return widths
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

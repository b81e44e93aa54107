import type { LogValue } from '../../model/value.js'
import type { BlockColumn, PivotBlock } from '../../query/pivot-table.js'
import { ByteSink } from '../formats/byte-sink.js'
import { NumberTexts } from '../formats/number-texts.js'

/** How a form with a field for each column writes rows. */
export interface FieldForm {
  readonly separator: string
  readonly end: string
  /** A value as it stands in the form. */
  readonly fieldOf: (value: LogValue | undefined) => string
}

/** Writes one column's field of a row, with what stands before it; asked for in the order of the rows. */
type WriteField = (row: number, sink: ByteSink) => void

const ROWS_A_PIECE = 2048
const BYTES_A_ROW = 80

/** The rows of a block, column by column in each row: no row and no cell is made. For the first rows of a table. */
export function blockToText({ columns, count }: PivotBlock, form: FieldForm): string {
  const fields = columns.map((column) => fieldReader(column, form))
  let text = ''
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < fields.length; i++)
      text += i === 0 ? fields[i]?.(row) : form.separator + fields[i]?.(row)
    text += form.end
  }
  return text
}

/** The text of one column in a row; asked for in the order of the rows. */
function fieldReader(column: BlockColumn, { fieldOf }: FieldForm): (row: number) => string {
  if (column.kind === 'constant') {
    const text = fieldOf(column.value)
    return () => text
  }
  if (column.kind === 'loop') {
    const { numbers, labels } = column
    return (row) => fieldOf(labels?.[row] ?? numbers[row])
  }
  const { values, join } = column
  if (join === undefined) return (row) => fieldOf(values[row])
  const none = fieldOf(undefined)
  let last = -1
  let text = none
  return (row) => {
    const at = join[row] as number
    if (at !== last) {
      last = at
      text = at === -1 ? none : fieldOf(values[at])
    }
    return text
  }
}

/**
 * The same as UTF-8, with hardly a text made: twice as fast, once the engine has compiled it, which it does not do for a thousand rows.
 */
export function* blockToFields({ columns, count }: PivotBlock, form: FieldForm): Generator<Uint8Array> {
  const fields = columns.map((column, i) => fieldWriter(column, i === 0 ? '' : form.separator, form))
  const end = Buffer.from(form.end)
  const sink = new ByteSink(Math.min(count, ROWS_A_PIECE) * BYTES_A_ROW)
  for (let row = 0; row < count; ) {
    for (const last = Math.min(count, row + ROWS_A_PIECE); row < last; row++) {
      for (const write of fields) write(row, sink)
      sink.part(end, 0, end.length)
    }
    yield sink.take()
  }
}

function fieldWriter(column: BlockColumn, before: string, form: FieldForm): WriteField {
  if (column.kind === 'constant') {
    const bytes = Buffer.from(before + form.fieldOf(column.value))
    return (_, sink) => sink.bytes(bytes)
  }
  const lead = Buffer.from(before)
  if (column.kind === 'loop' && column.labels === undefined) {
    const { numbers } = column
    return (row, sink) => {
      sink.part(lead, 0, lead.length)
      sink.digits(numbers[row] as number)
    }
  }
  if (column.kind === 'values' && column.join === undefined && column.values instanceof Float64Array) {
    const texts = new NumberTexts(column.values, form.fieldOf)
    return (_, sink) => {
      sink.part(lead, 0, lead.length)
      texts.write(sink)
    }
  }
  // A coarser value stands in many rows.
  const read = fieldReader(column, form)
  let text: string | undefined
  let bytes: Uint8Array = lead
  return (row, sink) => {
    const own = read(row)
    if (own !== text) {
      text = own
      bytes = Buffer.from(before + own)
    }
    sink.bytes(bytes)
  }
}

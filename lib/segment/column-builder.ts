import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import type { StoredColumn } from './segment.js'
import { summarize } from './summary.js'

/** An iteration that is open while records are read. */
export interface OpenIteration {
  readonly pass: number
  readonly index: number
  readonly label: Label | undefined
}

/** Numbers that are appended one by one, a million of them as easily as one. */
class Growing<A extends Float64Array | Int32Array> {
  #values: A
  #count = 0
  readonly #make: (size: number) => A

  constructor(make: (size: number) => A) {
    this.#make = make
    this.#values = make(16)
  }

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = this.#make(this.#count * 4)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = value
  }

  finish(): A {
    return this.#values.slice(0, this.#count) as A
  }
}

const ints = (size: number): Int32Array => new Int32Array(size)
const floats = (size: number): Float64Array => new Float64Array(size)

/** Counts the records of one name, in contexts of whatever shape. */
export class NameRecords {
  readonly #columns: ColumnBuilder[] = []
  #count = 0

  /** From the second column on, all of them keep the order among each other. */
  add(column: ColumnBuilder): void {
    this.#columns.push(column)
    if (this.#columns.length > 1) for (const each of this.#columns) each.keepOrder()
  }

  next(): number {
    return this.#count++
  }
}

/** Collects the records of one name in contexts of one shape. */
export class ColumnBuilder {
  #count = 0
  /** Begun when the name comes in contexts of another shape, too. */
  #order: Growing<Int32Array> | undefined
  readonly #indices: readonly Growing<Int32Array>[]
  /** Begun when the first pass that is not 0, the first label, the first value that is no number comes. */
  readonly #passes: (Growing<Int32Array> | undefined)[]
  readonly #labels: (Label | undefined)[][] | undefined[]
  readonly #numbers = new Growing<Float64Array>(floats)
  #mixed: LogValue[] | undefined

  constructor(
    readonly name: string,
    readonly loops: readonly string[],
    private readonly records: NameRecords,
  ) {
    this.#indices = loops.map(() => new Growing(ints))
    this.#passes = loops.map(() => undefined)
    this.#labels = loops.map(() => undefined)
  }

  /** Appends a row. `open` has one iteration a loop, outermost first. */
  push(open: readonly OpenIteration[], value: LogValue): void {
    for (let i = 0; i < open.length; i++) {
      const { pass, index, label } = open[i] as OpenIteration
      ;(this.#indices[i] as Growing<Int32Array>).push(index)
      if (pass !== 0 || this.#passes[i] !== undefined) this.#pushPass(i, pass)
      if (label !== undefined) this.#setLabel(i, label)
    }
    if (this.#mixed !== undefined) this.#mixed.push(value)
    else if (typeof value === 'number') this.#numbers.push(value)
    else this.#mixed = [...this.#numbers.finish(), value]
    const nr = this.records.next()
    this.#order?.push(nr)
    this.#count++
  }

  /** So far this column's records were all that there were. */
  keepOrder(): void {
    if (this.#order !== undefined) return
    this.#order = new Growing(ints)
    for (let nr = 0; nr < this.#count; nr++) this.#order.push(nr)
  }

  finish(): StoredColumn {
    const values = this.#mixed ?? this.#numbers.finish()
    const order = this.#order?.finish()
    return {
      name: this.name,
      summary: summarize(values, order),
      contexts: {
        loops: this.loops,
        count: this.#count,
        indices: this.#indices.map((column) => column.finish()),
        passes: this.#passes.map((column) => column?.finish()),
        labels: this.#labels.map(
          (column) => column && Array.from({ length: this.#count }, (_, row) => column[row]),
        ),
      },
      values,
      ...(order && { order }),
    }
  }

  #pushPass(loop: number, pass: number): void {
    let column = this.#passes[loop]
    if (column === undefined) {
      column = new Growing(ints)
      for (let row = 0; row < this.#count; row++) column.push(0)
      this.#passes[loop] = column
    }
    column.push(pass)
  }

  #setLabel(loop: number, label: Label): void {
    let column = this.#labels[loop]
    if (column === undefined) {
      column = []
      this.#labels[loop] = column
    }
    column[this.#count] = label
  }
}

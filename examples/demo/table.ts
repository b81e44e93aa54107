/** One backfilled value, as `git flor log <name>… --json` prints it. */
export interface Cell {
  readonly run: string
  readonly epoch: number
  readonly name: string
  /** A number, or the text of one that JSON cannot hold. */
  readonly value: number | string | null
  /** The commit that produced it; absent for a value that the run recorded itself. */
  readonly patched?: string
}

interface JsonTable {
  readonly rows: readonly {
    readonly values: Readonly<Record<string, number | string | null>>
    readonly backfilled?: Readonly<Record<string, { readonly patched: string }>>
  }[]
}

/** Takes the values of `names` out of the JSON text of a table. */
export function readTable(json: string, names: readonly string[]): Cell[] {
  const table = JSON.parse(json) as JsonTable
  return table.rows.flatMap(({ values, backfilled }) =>
    names
      .filter((name) => values[name] !== null && values[name] !== undefined)
      .map((name) => {
        const patched = backfilled?.[name]?.patched
        const cell = {
          run: String(values['run']),
          epoch: Number(values['epoch']),
          name,
          value: values[name] ?? null,
        }
        return patched === undefined ? cell : { ...cell, patched }
      }),
  )
}

export interface Comparison {
  readonly equal: number
  readonly total: number
  readonly firstDifference?: string
}

/** Compares values one by one, exactly; `found` must have every value of `expected`. */
export function compareTables(expected: readonly Cell[], found: readonly Cell[]): Comparison {
  const keyOf = (cell: Cell): string => `${cell.run} ${cell.name} epoch=${cell.epoch}`
  const values = new Map(found.map((cell) => [keyOf(cell), cell.value]))
  const different = expected.filter((cell) => values.get(keyOf(cell)) !== cell.value)
  const comparison = { equal: expected.length - different.length, total: expected.length }
  const [first] = different
  if (first === undefined) return comparison
  return {
    ...comparison,
    firstDifference: `${keyOf(first)}: ${first.value}, and ${values.get(keyOf(first))} there`,
  }
}

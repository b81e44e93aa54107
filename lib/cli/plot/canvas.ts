import { ASCII_MARKS, type Charset, GLYPHS } from './charset.js'

/** One cell of a drawing: a character, and the colour of the line that it belongs to. */
export interface Cell {
  readonly text: string
  readonly colour: number
}

/**
 * A drawing in character cells, addressed by dots; (0, 0) is the upper left. Where lines of two colours meet in a cell, the dots of both stay and
 * the later colour shows.
 */
export class Canvas {
  readonly #bits: Uint8Array
  readonly #colours: Int16Array
  readonly #marks = new Map<number, string>()
  /** Dots across and down. */
  readonly width: number
  readonly height: number
  readonly #across: number
  readonly #down: number

  constructor(
    readonly columns: number,
    readonly rows: number,
    readonly charset: Charset,
  ) {
    const { across, down } = charset === 'ascii' ? { across: 1, down: 1 } : GLYPHS[charset]
    this.#across = across
    this.#down = down
    this.width = columns * across
    this.height = rows * down
    this.#bits = new Uint8Array(columns * rows)
    this.#colours = new Int16Array(columns * rows).fill(-1)
  }

  /** Sets a dot; outside of the drawing, nothing. */
  dot(x: number, y: number, colour: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return
    const cell = Math.floor(y / this.#down) * this.columns + Math.floor(x / this.#across)
    this.#bits[cell] =
      (this.#bits[cell] as number) | (1 << ((y % this.#down) * this.#across + (x % this.#across)))
    this.#colours[cell] = colour
  }

  /** A straight line of dots (Bresenham), both ends included. */
  line(x0: number, y0: number, x1: number, y1: number, colour: number): void {
    const [dx, dy] = [Math.abs(x1 - x0), -Math.abs(y1 - y0)]
    const [stepX, stepY] = [x0 < x1 ? 1 : -1, y0 < y1 ? 1 : -1]
    let [x, y, error] = [x0, y0, dx + dy]
    for (;;) {
      this.dot(x, y, colour)
      if (x === x1 && y === y1) return
      const doubled = 2 * error
      if (doubled >= dy) {
        error += dy
        x += stepX
      }
      if (doubled <= dx) {
        error += dx
        y += stepY
      }
    }
  }

  /** Puts a character over the cell that a dot lies in. */
  mark(x: number, y: number, text: string, colour: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return
    const cell = Math.floor(y / this.#down) * this.columns + Math.floor(x / this.#across)
    this.#marks.set(cell, text)
    this.#colours[cell] = colour
  }

  /** One row of cells, from the left; undefined where nothing is drawn. */
  row(row: number): (Cell | undefined)[] {
    return Array.from({ length: this.columns }, (_, column) => {
      const cell = row * this.columns + column
      const colour = this.#colours[cell] as number
      if (colour === -1) return undefined
      const mark = this.#marks.get(cell)
      return { text: mark ?? this.#glyph(this.#bits[cell] as number, colour), colour }
    })
  }

  #glyph(bits: number, colour: number): string {
    if (this.charset === 'ascii') return ASCII_MARKS[colour % ASCII_MARKS.length] as string
    return GLYPHS[this.charset].glyph(bits)
  }
}

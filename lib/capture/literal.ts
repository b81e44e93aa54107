import { NUMBER, parsePrintedNumber } from './printed-number.js'

/** What a literal in a line holds, as far as it is of use: numbers and booleans as they are, objects; everything else is undefined. */
export type Literal = number | bigint | boolean | string | undefined | LiteralObject

/** The members of an object in their order, and where each value stands in the text. */
export interface LiteralObject {
  readonly members: readonly {
    readonly key: string
    readonly value: Literal
    readonly start: number
    readonly end: number
  }[]
}

const MAX_DEPTH = 8

/**
 * Reads an object that a line prints from `start` on and that ends with the line: JSON, or a dict as Python prints it (`{'loss': 0.3, 'ok': True}`, with
 * nan and inf in either). Undefined where the text is anything else, a call such as `tensor(0.3)` for instance.
 */
export function parseObjectLiteral(text: string, start: number): LiteralObject | undefined {
  const reader = new LiteralReader(text, start)
  try {
    const value = reader.value(0)
    return reader.isAtEnd && typeof value === 'object' ? value : undefined
  } catch {
    return undefined
  }
}

const NUMBERS = new RegExp(`^(?:${NUMBER})$`, 'i')

class NotALiteral extends Error {}

class LiteralReader {
  constructor(
    readonly text: string,
    public at: number,
  ) {}

  get isAtEnd(): boolean {
    return this.text.slice(this.at).trim() === ''
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw new NotALiteral()
    this.#space()
    const first = this.text[this.at]
    if (first === '{') return this.#object(depth)
    if (first === '[' || first === '(') return this.#list(depth, first === '[' ? ']' : ')')
    if (first === '"' || first === "'") return this.#string(first)
    const word = this.#match(/[A-Za-z]+/y)
    if (word !== undefined) return wordValue(word)
    const number = this.#match(/[+-]?(?:[\d.][\d.eE+-]*|inf(?:inity)?|nan)/iy)
    if (number === undefined || !NUMBERS.test(number)) throw new NotALiteral()
    return parsePrintedNumber(number)
  }

  #object(depth: number): LiteralObject {
    this.at++
    const members: { key: string; value: Literal; start: number; end: number }[] = []
    for (;;) {
      this.#space()
      if (this.#skip('}')) return { members }
      const quote = this.text[this.at]
      if (quote !== '"' && quote !== "'") throw new NotALiteral()
      const key = this.#string(quote)
      this.#space()
      if (!this.#skip(':')) throw new NotALiteral()
      this.#space()
      const start = this.at
      const value = this.value(depth + 1)
      members.push({ key, value, start, end: this.at })
      this.#space()
      if (this.#skip('}')) return { members }
      if (!this.#skip(',')) throw new NotALiteral()
    }
  }

  #list(depth: number, end: string): undefined {
    this.at++
    for (;;) {
      this.#space()
      if (this.#skip(end)) return undefined
      this.value(depth + 1)
      this.#space()
      if (this.#skip(end)) return undefined
      if (!this.#skip(',')) throw new NotALiteral()
    }
  }

  #string(quote: string): string {
    let out = ''
    for (this.at++; this.at < this.text.length; this.at++) {
      const character = this.text[this.at] as string
      if (character === quote) {
        this.at++
        return out
      }
      if (character === '\\') this.at++
      out += this.text[this.at] ?? ''
    }
    throw new NotALiteral()
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  #skip(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  #space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++
  }
}

function wordValue(word: string): Literal {
  switch (word) {
    case 'true':
    case 'True':
      return true
    case 'false':
    case 'False':
      return false
    case 'null':
    case 'None':
      return undefined
    case 'NaN':
    case 'nan':
      return Number.NaN
    case 'Infinity':
    case 'inf':
      return Number.POSITIVE_INFINITY
    default:
      throw new NotALiteral()
  }
}

/** What predicates calculate with. */
export type Numeric = number | bigint
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

/**
 * Numbers as JavaScript calculates; exactly where one is a big integer and the other whole, and the result is whole. A big integer and a fraction
 * are calculated as numbers.
 */
export function calculate(operator: ArithmeticOperator, a: Numeric, b: Numeric): Numeric {
  if (typeof a !== 'number' || typeof b !== 'number') {
    const [x, y] = [wholeOf(a), wholeOf(b)]
    if (x !== undefined && y !== undefined) return calculateWhole(operator, x, y)
  }
  return calculateNumbers(operator, Number(a), Number(b))
}

const wholeOf = (value: Numeric): bigint | undefined =>
  typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : undefined

function calculateWhole(operator: ArithmeticOperator, a: bigint, b: bigint): Numeric {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/': {
      if (b === 0n) return Number(a) / 0
      const rest = a % b
      return rest === 0n ? a / b : Number(a / b) + Number(rest) / Number(b)
    }
    case '%':
      return b === 0n ? Number.NaN : a % b
  }
}

function calculateNumbers(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a % b
  }
}

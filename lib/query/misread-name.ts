import { type Expression, formatUse, partsOf } from './expression.js'

/**
 * A name that is known and that a predicate reads as arithmetic, for want of quotes: `val/acc > 0.9`. Undefined where there is none; spaces do not
 * count, since trees do not have them.
 */
export function misreadName(expression: Expression, known: readonly string[]): string | undefined {
  const text = asName(expression)
  if (text !== undefined && expression.kind === 'binary' && known.includes(text)) return text
  for (const part of partsOf(expression)) {
    const found = misreadName(part, known)
    if (found !== undefined) return found
  }
  return undefined
}

/** The hint that goes with it: `"val/acc"` in its quotes. */
export function quotesHint(name: string): string {
  return `did you mean ${formatUse({ name })}? names with other characters than words have stand in double quotes`
}

function asName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name
  if (expression.kind === 'literal') {
    return typeof expression.value === 'number' || typeof expression.value === 'bigint'
      ? String(expression.value)
      : undefined
  }
  if (expression.kind !== 'binary' || !['/', '-'].includes(expression.operator)) return undefined
  const [left, right] = [asName(expression.left), asName(expression.right)]
  return left === undefined || right === undefined ? undefined : `${left}${expression.operator}${right}`
}

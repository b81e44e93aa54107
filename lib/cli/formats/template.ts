import { FlorError } from '../../model/errors.js'
import { nearestNames } from '../../query/suggest.js'
import { usageError } from '../arguments/canonical.js'

/** A part of a `--format`: text as it is, or a field to be looked up, `%(metric:loss:last)`. */
export type TemplatePart = string | { readonly field: string }

/**
 * Reads a format in the manner of `git for-each-ref --format`: `%(field)`, `%%` for a percent sign, `%xx` for a character by its
 * two hexadecimal digits. Parentheses inside a field come in pairs.
 * @throws FlorError USAGE (data: text, offset) at the place that is not understood
 */
export function parseTemplate(format: string): TemplatePart[] {
  const parts: TemplatePart[] = []
  let text = ''
  for (let at = 0; at < format.length; at++) {
    if (format[at] !== '%') {
      text += format[at]
      continue
    }
    const hex = /^[0-9a-fA-F]{2}/.exec(format.slice(at + 1))
    if (format[at + 1] === '%') {
      text += '%'
      at += 1
    } else if (format[at + 1] === '(') {
      const end = closingParenthesis(format, at + 1)
      if (end === undefined) throw misread(format, at, "')' is missing behind this field")
      if (text !== '') parts.push(text)
      text = ''
      parts.push({ field: format.slice(at + 2, end) })
      at = end
    } else if (hex !== null) {
      text += String.fromCharCode(Number.parseInt(hex[0], 16))
      at += 2
    } else {
      throw misread(format, at, "'%' stands before (field), before % or before two hexadecimal digits")
    }
  }
  return text === '' ? parts : [...parts, text]
}

/** For a field that there is none of: USAGE, with the nearest ones. */
export function unknownField(field: string, known: readonly string[]): Error {
  const [near] = nearestNames(field, known)
  return usageError(
    { name: 'log' },
    `unknown field %(${field})`,
    field,
    near === undefined ? undefined : `%(${near})`,
  )
}

function closingParenthesis(format: string, open: number): number | undefined {
  let depth = 0
  for (let at = open; at < format.length; at++) {
    if (format[at] === '(') depth++
    else if (format[at] === ')' && --depth === 0) return at
  }
  return undefined
}

function misread(text: string, offset: number, message: string): FlorError {
  return new FlorError(message, { code: 'USAGE', data: { value: text, command: 'log', text, offset } })
}

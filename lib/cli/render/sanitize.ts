/**
 * Characters that a terminal acts upon, or that reorder what is read: C0 and C1 controls, DEL, line and paragraph
 * separators, and the bidirectional marks, overrides and isolates.
 */
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const DANGEROUS_IN_BLOCK =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' }

const escapeCharacter = (character: string): string => {
  const code = character.charCodeAt(0)
  return NAMED[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')

/** Stored text as it may be printed within one line: what a terminal would act upon is shown as an escape (`\e`, `\x07`). */
export function sanitizeLine(text: string): string {
  return text.replace(DANGEROUS, escapeCharacter).replace(/[\ud800-\udfff]/gu, '\ufffd')
}

/** As {@link sanitizeLine}, with line feeds and tabs kept. */
export function sanitizeBlock(text: string): string {
  return text.replace(DANGEROUS_IN_BLOCK, escapeCharacter)
}

/** JSON text with the same characters as `\uXXXX`, which means the same to every reader. */
export function sanitizeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${hex(c.charCodeAt(0), 4)}`,
  )
}

import { displayWidth } from './width.js'

/** Joins `parts` by `separator` into lines of at most `columns`, each begun by `indent`; a part is never broken. */
export function wrapParts(
  parts: readonly { readonly text: string; readonly painted?: string }[],
  options: { readonly columns: number; readonly indent: string; readonly separator: string },
): string[] {
  const lines: string[] = []
  let [line, width] = ['', 0]
  for (const { text, painted } of parts) {
    const partWidth = displayWidth(text)
    const separated = width + displayWidth(options.separator) + partWidth
    if (line !== '' && separated > options.columns) {
      lines.push(line)
      line = ''
    }
    if (line === '') {
      line = options.indent + (painted ?? text)
      width = options.indent.length + partWidth
    } else {
      line += options.separator + (painted ?? text)
      width = separated
    }
  }
  if (line !== '') lines.push(line)
  return lines
}

/** Breaks prose at blanks into lines of at most `columns`, each begun by `indent`. */
export function wrapProse(text: string, columns: number, indent = ''): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  return wrapParts(
    words.map((word) => ({ text: word })),
    { columns, indent, separator: ' ' },
  )
}

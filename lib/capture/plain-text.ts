/** CSI, OSC (ended by BEL or ST), other string sequences, two-character escapes, and their 8-bit CSI form. */
const ESCAPES =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g

/** The cursor goes back to the beginning, or the line is emptied, as node's readline does it for progress. */
const RESTART = /\x1b\[(?:[01]?G|2K)/g

/** What a terminal shows of a line in the end: what is printed behind the last return to its beginning. */
export function lastState(line: string): string {
  if (!line.includes('\x1b[')) return line
  let start = 0
  for (const match of line.matchAll(RESTART)) start = match.index + match[0].length
  return line.slice(start)
}

/**
 * A line without what only steers a terminal: colours, cursor movements, links. A backspace takes the character before it away, since
 * that is what progress bars use it for (Keras prints hundreds before it writes a line again).
 */
export function plainText(line: string): string {
  const text = line.includes('\x1b') || line.includes('\x9b') ? line.replace(ESCAPES, '') : line
  return text.includes('\b') ? withoutBackspaces(text) : text
}

function withoutBackspaces(text: string): string {
  const kept: string[] = []
  for (const character of text) {
    if (character === '\b') kept.pop()
    else kept.push(character)
  }
  return kept.join('')
}

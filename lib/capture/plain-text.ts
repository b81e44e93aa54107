/** CSI, OSC (ended by BEL or ST), other string sequences, two-character escapes, and their 8-bit CSI form. */
const ESCAPES =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g

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

/**
 * SQL's `like`: `%` is any text, `_` any character, a backslash takes the next one as it is; upper and lower case differ. Takes time
 * in proportion to text times pattern at worst, which a regular expression would not.
 */
export function matchesLike(text: string, pattern: string): boolean {
  const characters = [...text]
  const parts = partsOf(pattern)
  let at = 0
  let part = 0
  /** Where the last `%` stands, and up to where it has swallowed text. */
  let wildcard = -1
  let swallowed = 0
  while (at < characters.length) {
    const wanted = parts[part]
    if (wanted === ANY_TEXT) {
      wildcard = part++
      swallowed = at
    } else if (wanted === ANY_CHARACTER || (wanted !== undefined && wanted === characters[at])) {
      at++
      part++
    } else if (wildcard !== -1) {
      part = wildcard + 1
      at = ++swallowed
    } else {
      return false
    }
  }
  while (parts[part] === ANY_TEXT) part++
  return part === parts.length
}

const ANY_TEXT = Symbol('%')
const ANY_CHARACTER = Symbol('_')

function partsOf(pattern: string): (string | symbol)[] {
  const parts: (string | symbol)[] = []
  const characters = [...pattern]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string
    if (character === '%') parts.push(ANY_TEXT)
    else if (character === '_') parts.push(ANY_CHARACTER)
    else if (character === '\\' && i + 1 < characters.length) parts.push(characters[++i] as string)
    else parts.push(character)
  }
  return parts
}

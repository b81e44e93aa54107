import type { MadeStatement, WantedStatements } from '../../repository/backfill/find-wanted.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { displayWidth, truncate } from '../render/width.js'

/** With less of it a statement is not known again. */
const LEAST_CODE = 20

/**
 * What is to be carried into past versions, one statement a line: `grad_norm: flor.log('grad_norm', norm(grads))     train.js:42`;
 * one that was made of an expression with the place it was made for: `train.js, before line 42`.
 */
export function formatStatements(
  wanted: WantedStatements,
  { columns, style }: { readonly columns: number; readonly style: Style },
): string[] {
  const lineOf = (names: readonly string[], text: string, place: string, isWhole: boolean): string[] => {
    const title = names.map(sanitizeLine).join(', ')
    const where = sanitizeLine(place)
    const code = sanitizeLine(text.replace(/\s+/g, ' ').trim())
    const behindTitle = columns - displayWidth(title) - 2
    const room = behindTitle - 5 - displayWidth(where)
    const head = `${style.heading(title)}: `
    if (displayWidth(code) <= room || (!isWhole && room >= LEAST_CODE))
      return [`${head}${truncate(code, room)}     ${style.faint(where)}`]
    if (behindTitle >= LEAST_CODE)
      return [`${head}${truncate(code, behindTitle)}`, `    ${style.faint(where)}`]
    return [
      head.trimEnd(),
      `    ${truncate(code, Math.max(LEAST_CODE, columns - 4))}`,
      `    ${style.faint(where)}`,
    ]
  }
  // Nobody has seen a made statement before: it gets a line of its own where it needs one.
  if (wanted.made !== undefined)
    return wanted.made.flatMap((one) => lineOf([one.name], one.text, formatPlace(one), true))
  return wanted.files.flatMap(({ source, statements }) =>
    statements.flatMap(({ logNames, text, line }) =>
      lineOf(
        logNames.filter((name) => wanted.names.includes(name)),
        text,
        `${source.path}:${line}`,
        false,
      ),
    ),
  )
}

function formatPlace({ path, line, side, loop }: MadeStatement): string {
  if (side === 'before') return `${path}, before line ${line}`
  return `${path}, at the end of ${loop ?? 'the block'} (line ${line})`
}

import type { MadeStatement, WantedStatements } from '../../repository/backfill/find-wanted.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { truncate } from '../render/width.js'

/**
 * What is to be carried into past versions, one statement a line: `grad_norm: flor.log('grad_norm', norm(grads))     train.js:42`;
 * one that was made of an expression with the place it was made for: `train.js, before line 42`.
 */
export function formatStatements(
  wanted: WantedStatements,
  { columns, style }: { readonly columns: number; readonly style: Style },
): string[] {
  const stated = wanted.files.flatMap(({ source, statements }) =>
    statements.map(({ logNames, text, line }) => {
      const names = logNames.filter((name) => wanted.names.includes(name))
      return { names, text, place: `${source.path}:${line}` }
    }),
  )
  const made = wanted.made?.map((one) => ({ names: [one.name], text: one.text, place: formatPlace(one) }))
  return (made ?? stated).map(({ names, text, place }) => {
    const title = names.map(sanitizeLine).join(', ')
    const where = `     ${sanitizeLine(place)}`
    const code = sanitizeLine(text.replace(/\s+/g, ' ').trim())
    const room = Math.max(20, columns - title.length - 2 - where.length)
    return `${style.heading(title)}: ${truncate(code, room)}${style.faint(where)}`
  })
}

function formatPlace({ path, line, side, loop }: MadeStatement): string {
  if (side === 'before') return `${path}, before line ${line}`
  return `${path}, at the end of ${loop ?? 'the block'} (line ${line})`
}

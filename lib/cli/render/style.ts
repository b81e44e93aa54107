/** The few colours that are used, by meaning; the identity where colour is off. Apply after padding. */
export interface Style {
  readonly enabled: boolean
  oid(text: string): string
  heading(text: string): string
  faint(text: string): string
  good(text: string): string
  warn(text: string): string
  bad(text: string): string
  spark(text: string): string
}

const paint =
  (on: string) =>
  (text: string): string =>
    text === '' || on === '' ? text : `${on}${text}\u001b[m`

const plain = (text: string): string => text

export const PLAIN: Style = {
  enabled: false,
  oid: plain,
  heading: plain,
  faint: plain,
  good: plain,
  warn: plain,
  bad: plain,
  spark: plain,
}

/** Yellow object names, as git log has them. The names are those of `color.flor.<slot>`. */
const COLOURS = {
  oid: '\u001b[33m',
  heading: '\u001b[1m',
  faint: '\u001b[2m',
  good: '\u001b[32m',
  warn: '\u001b[33m',
  bad: '\u001b[31m',
  spark: '\u001b[36m',
} as const satisfies Record<Exclude<keyof Style, 'enabled'>, string>

/** Names of the colours that can be set, in the order of the manual. */
export const COLOUR_SLOTS: readonly string[] = Object.keys(COLOURS)

/** The usual colours with some replaced: slot → escape sequence, empty for no colour. Slots that there are not are passed over. */
export function styleOf(colours: ReadonlyMap<string, string>): Style {
  const painters = Object.entries(COLOURS).map(([slot, usual]) => [slot, paint(colours.get(slot) ?? usual)])
  return { enabled: true, ...Object.fromEntries(painters) }
}

export const COLOURED: Style = styleOf(new Map())

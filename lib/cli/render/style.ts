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
    text === '' ? text : `\u001b[${on}m${text}\u001b[m`

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

/** Yellow object names, as git log has them. */
export const COLOURED: Style = {
  enabled: true,
  oid: paint('33'),
  heading: paint('1'),
  faint: paint('2'),
  good: paint('32'),
  warn: paint('33'),
  bad: paint('31'),
  spark: paint('36'),
}

import type { Style } from '../render/style.js'

/** The terminal's own colours, which the user's theme makes readable: cyan, yellow, magenta, green, blue, red, then their bright forms. */
const TERMINAL = [36, 33, 35, 32, 34, 31, 96, 93, 95, 92]

/**
 * For drawings, on light and on dark ground: Okabe and Ito's colours, which people who see fewer colours tell apart, a little darkened or lightened
 * to keep a contrast of 3 : 1 to the ground.
 */
export const DRAWING: readonly { readonly light: string; readonly dark: string }[] = [
  { light: '#0072b2', dark: '#56b4e9' },
  { light: '#c04f00', dark: '#ff8c42' },
  { light: '#00795a', dark: '#2fc79b' },
  { light: '#a8457f', dark: '#e58ac0' },
  { light: '#8a6d00', dark: '#f0d94a' },
  { light: '#5b4bb0', dark: '#a99cff' },
  { light: '#4d4d4d', dark: '#c8c8c8' },
  { light: '#b3202c', dark: '#ff6b75' },
]

/** Dashes of the second, third, … line that a colour of {@link DRAWING} is used for. */
export const DASHES: readonly string[] = ['', '6 3', '2 3', '8 3 2 3']

/** Colours text of a line; the identity where colour is off. */
export function paintLine(style: Style, colour: number, text: string): string {
  return style.enabled ? `\u001b[${TERMINAL[colour % TERMINAL.length]}m${text}\u001b[m` : text
}

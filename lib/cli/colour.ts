import { git, splitItems } from '../git/process.js'
import { FlorError } from '../model/errors.js'
import type { Io } from './io.js'
import { COLOURED, PLAIN, type Style, styleOf } from './render/style.js'
import { asBoolean, type TerminalSettings } from './terminal-settings.js'

/** What the command line says about colour: `--color`, `--no-color`, or nothing. */
export type ColourChoice = 'always' | 'never' | 'automatic'

/** What decides about colour besides the environment. */
export interface ColourWish {
  readonly choice: ColourChoice
  /** Whether a pager of ours shows the output. */
  readonly isPaged: boolean
  /** Whether it goes into a file of the user's. */
  readonly isToFile?: boolean
  readonly settings: TerminalSettings
}

/**
 * The style of what goes to stdout: the option decides, else NO_COLOR, else `color.flor`, `color.ui` as git reads them. A pager counts as the
 * terminal that it shows on, unless `color.pager` is false. `color.flor.<slot>` changes single colours (one spawn where any is set).
 * @throws FlorError CONFIG_INVALID (data: key, value) for a colour, or a word about colour, that git does not know
 */
export async function chooseStyle(io: Io, cwd: string, wish: ColourWish): Promise<Style> {
  requireColourWord(wish.settings.colour)
  if (!isColoured(io, wish)) return PLAIN
  const { colourSlots } = wish.settings
  return colourSlots.size === 0 ? COLOURED : styleOf(await readColours(io, cwd, colourSlots))
}

/** Git dies of other words, whatever decides in the end. */
function requireColourWord(colour: TerminalSettings['colour']): void {
  if (colour === undefined) return
  const { key, value } = colour
  if (/^(?:always|never|auto)$/i.test(value) || asBoolean(value) !== undefined) return
  throw new FlorError(
    `bad value for ${key}: ${JSON.stringify(value)} is none of always, auto, never, true, false`,
    {
      code: 'CONFIG_INVALID',
      data: { key, value },
    },
  )
}

function isColoured(io: Io, { choice, isPaged, isToFile = false, settings }: ColourWish): boolean {
  if (choice !== 'automatic') return choice === 'always'
  if ((io.env.NO_COLOR ?? '') !== '') return false
  const when = settings.colour?.value.toLowerCase()
  if (when === 'always') return true
  if (when === 'never' || (when !== undefined && asBoolean(when) === false)) return false
  const isInPager = isPaged || io.env.GIT_PAGER_IN_USE === 'true'
  if (isToFile) return false
  const isSeen = isInPager ? asBoolean(settings.colourInPager ?? 'true') !== false : io.isTerminal.stdout
  return isSeen && io.env.TERM !== 'dumb'
}

/** Escape sequences by slot, as git translates `bold red` or `#ff8000`. */
async function readColours(
  io: Io,
  cwd: string,
  slots: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const args = ['config', '-z', '--type=color', '--get-regexp', '^color\\.flor\\..+$']
  const answer = await git(args, { cwd, env: io.env, expectExit: [0, 1, 128] })
  if (answer.exitCode === 128) throw unknownColour(answer.stderr, slots)
  return new Map(
    splitItems(answer.stdout).map((item) => {
      const end = item.indexOf('\n')
      return [item.slice('color.flor.'.length, end), item.slice(end + 1)]
    }),
  )
}

function unknownColour(stderr: string, slots: ReadonlyMap<string, string>): FlorError {
  const [slot, value] = [...slots].find(([, colour]) => stderr.includes(`value: ${colour}`)) ?? ['', '']
  const key = `color.flor.${slot}`
  return new FlorError(`bad value for ${key}: ${JSON.stringify(value)} is no colour`, {
    code: 'CONFIG_INVALID',
    data: { key, value },
  })
}

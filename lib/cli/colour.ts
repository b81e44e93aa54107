import { git } from '../git/process.js'
import type { Io } from './io.js'
import { COLOURED, PLAIN, type Style } from './render/style.js'

/** What the command line says about colour: `--color`, `--no-color`, or nothing. */
export type ColourChoice = 'always' | 'never' | 'automatic'

/**
 * Whether to colour what goes to stdout: the option, else NO_COLOR, else `color.flor` and `color.ui` as git reads them
 * (a pager counts as the terminal that it shows on).
 */
export async function chooseStyle(io: Io, cwd: string, choice: ColourChoice): Promise<Style> {
  if (choice !== 'automatic') return choice === 'always' ? COLOURED : PLAIN
  if ((io.env.NO_COLOR ?? '') !== '') return PLAIN
  const onTerminal = io.isTerminal.stdout || io.env.GIT_PAGER_IN_USE === 'true'
  if (onTerminal && io.env.TERM === 'dumb') return PLAIN
  const answer = await git(['config', '--get-colorbool', 'color.flor', String(onTerminal)], {
    cwd,
    env: io.env,
    expectExit: [0, 1, 128, 129],
  })
  return answer.stdout.toString().trim() === 'true' ? COLOURED : PLAIN
}

import { git, splitItems } from '../git/process.js'

/** What Git's configuration says about how output is shown. Absent: not set. */
export interface TerminalSettings {
  /** `pager.flor.<command>`, else `pager.flor`: a boolean's word, or a command line. */
  readonly pager?: string
  /** `color.flor`, else `color.ui`: `always`, `auto`, or a boolean's word. */
  readonly colour?: { readonly key: string; readonly value: string }
  /** `color.pager`: whether a pager understands colours. */
  readonly colourInPager?: string
  /** `color.flor.<slot>`: slots in lower case, colours as they stand there. */
  readonly colourSlots: ReadonlyMap<string, string>
}

/**
 * Reads what concerns one command. One spawn, inside a repository or outside; nothing is set where git cannot read its configuration,
 * which the command's own work then complains about.
 */
export async function readTerminalSettings(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<TerminalSettings> {
  const wanted = '^(pager\\.flor(\\..+)?|color\\.(ui|pager|flor(\\..+)?))$'
  const answer = await git(['config', '-z', '--get-regexp', wanted], { cwd, env, expectExit: [0, 1, 128] })
  const settings = new Map<string, string>()
  for (const item of answer.exitCode === 0 ? splitItems(answer.stdout) : []) {
    const end = item.indexOf('\n')
    // A key without `=` means true.
    if (end === -1) settings.set(item, 'true')
    else settings.set(item.slice(0, end), item.slice(end + 1))
  }
  const slotPrefix = 'color.flor.'
  const slots = [...settings].filter(([key]) => key.startsWith(slotPrefix))
  const pager = settings.get(`pager.flor.${command}`) ?? settings.get('pager.flor')
  const colourKey = settings.has('color.flor') ? 'color.flor' : 'color.ui'
  const colour = settings.get(colourKey)
  const colourInPager = settings.get('color.pager')
  return {
    ...(pager === undefined ? {} : { pager }),
    ...(colour === undefined ? {} : { colour: { key: colourKey, value: colour } }),
    ...(colourInPager === undefined ? {} : { colourInPager }),
    colourSlots: new Map(slots.map(([key, value]) => [key.slice(slotPrefix.length), value])),
  }
}

/** A word that git takes for a boolean; undefined for any other text. */
export function asBoolean(text: string): boolean | undefined {
  if (/^(?:true|yes|on|[1-9]\d*)$/i.test(text)) return true
  return /^(?:false|no|off|0+|)$/i.test(text) ? false : undefined
}

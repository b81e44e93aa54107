import { readlinkSync } from 'node:fs'

const LANGUAGE = ['LC_ALL', 'LC_MESSAGES', 'LC_TIME', 'LC_NUMERIC', 'LC_COLLATE', 'LANG', 'LANGUAGE'] as const

/** The variables of the environment that decide how dates, numbers and texts are written and sorted. */
export const REGIONAL: readonly string[] = ['TZ', ...LANGUAGE]

/**
 * Those of this process. `TZ` is always there: where the environment lacks it, it is the machine's own time zone, since a
 * replay may happen on another machine.
 */
export function regionalSettings(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const set = LANGUAGE.flatMap((name) => {
    const value = env[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  return { TZ: env.TZ || machineTimeZone(), ...Object.fromEntries(set) }
}

/** The link that Unix systems have; where there is none it takes the language's tables of zones, which take 30 ms to load. */
function machineTimeZone(): string {
  try {
    const zone = /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(readlinkSync('/etc/localtime'))?.[1]
    if (zone !== undefined) return zone
  } catch {}
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

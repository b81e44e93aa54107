import { randomBytes } from 'node:crypto'
import { FlorError, isFlorError } from '../model/errors.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { gitSync, splitItems } from './process.js'

/** The `flor.*` part of Git's configuration and what else costs nothing to ask for with it, with defaults for what is not set. */
export interface FlorConfig {
  /** `flor.maxFileSize`: untracked files above it are left out of run commits. */
  readonly maxFileSizeBytes: number
  /** `flor.overhead`: the share of a loop's run time that checkpointing may cost; 0.01 is 1 %. */
  readonly overhead: number
  /** `flor.writer`: this clone's name; absent until {@link ensureWriterSync} has chosen one. */
  readonly writer?: string
  /** `flor.autopush`: whether a push of a branch takes the shards along. */
  readonly autopush: boolean
  /** `flor.summaryNotes`: whether runs are told of in text notes, for `git log`. */
  readonly summaryNotes: boolean
  /** `flor.link`: ignored paths that replays share with the working tree. */
  readonly link: readonly string[]
  /** `flor.copy`: ignored paths of which each replay gets its own copy. */
  readonly copy: readonly string[]
  /** `flor.trust`: writers whose code may be executed. */
  readonly trust: readonly string[]
  /** `flor.jobs`: workers of a replay; absent: as many as there are cores. */
  readonly jobs?: number
  /** `flor.check`: whether levels that the analysis calls sound are checked before their values are stored: where that is cheap, in any case, or not at all. */
  readonly check: 'auto' | 'always' | 'never'
  /** `lfs.storage` as it is written: where git-lfs keeps its objects, if not where it does by itself. */
  readonly lfsStorage?: string
  /** `flor.output`: whether `git flor run` records what a command prints. */
  readonly output: boolean
  /** `flor.outputLimit` and `flor.outputLines`: how much of it is kept, half of the beginning and half of the end. */
  readonly outputLimits: { readonly bytes: number; readonly lines: number }
  /** `flor.capture`: as given; absent: nothing is captured. A boolean, or names of patterns. */
  readonly capture?: string
  /** `flor.pattern`: regular expressions of the user's own. */
  readonly patterns: readonly string[]
}

/** What is kept of an output lies in memory, and in a blob that readers load whole. */
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024

/** What a writer may be called: it is part of ref names, and fetched ones are untrusted. */
export const WRITER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/

/**
 * Reads the configuration. One spawn. The writer counts only where it is set for this clone (or by `git -c`): a
 * name in the user's global file would be shared by all clones, which is what writers must not be.
 * @throws FlorError CONFIG_INVALID (data: key, value)
 */
export function readFlorConfigSync(location: RepositoryLocation): FlorConfig {
  const settings = new Map<string, string[]>()
  let writer: string | undefined
  for (const { scope, key, value } of readSettings(location)) {
    if (key !== 'flor.writer') append(settings, key, value)
    else if (scope === 'command') writer = value
    else if (scope === 'local') writer ??= value
  }
  const last = (key: string): string | undefined => settings.get(key.toLowerCase())?.at(-1)
  const parsed = <T>(key: string, parse: (value: string) => T | undefined, otherwise: T): T => {
    const value = last(key)
    if (value === undefined) return otherwise
    const result = parse(value)
    if (result === undefined) throw invalid(key, value)
    return result
  }
  if (writer !== undefined && !WRITER_NAME.test(writer)) throw invalid('flor.writer', writer)
  const lfsStorage = last('lfs.storage')
  const jobs = parsed<number | undefined>('flor.jobs', parseCount, undefined)
  return {
    maxFileSizeBytes: parsed('flor.maxFileSize', parseSize, 10 * 1024 ** 2),
    overhead: parsed('flor.overhead', parseFraction, 0.01),
    ...(writer === undefined ? {} : { writer }),
    autopush: parsed('flor.autopush', parseBoolean, true),
    summaryNotes: parsed('flor.summaryNotes', parseBoolean, true),
    link: settings.get('flor.link') ?? [],
    copy: settings.get('flor.copy') ?? [],
    trust: settings.get('flor.trust') ?? [],
    ...(jobs === undefined ? {} : { jobs }),
    check: parsed('flor.check', parseCheck, 'auto'),
    ...(lfsStorage === undefined ? {} : { lfsStorage }),
    output: parsed('flor.output', parseBoolean, true),
    outputLimits: {
      bytes: Math.min(parsed('flor.outputLimit', parseSize, 256 * 1024), MOST_OUTPUT_BYTES),
      lines: parsed('flor.outputLines', parseCount, 5000),
    },
    ...(last('flor.capture') === undefined ? {} : { capture: last('flor.capture') as string }),
    patterns: settings.get('flor.pattern') ?? [],
  }
}

/**
 * This clone's writer: a random lower-case name, set once in the clone's own configuration. Two processes may do so
 * at once: each appends its candidate under git's lock, and the first one in the file is everybody's.
 * @throws FlorError CONFIG_INVALID, GIT_FAILED
 */
export function ensureWriterSync(location: RepositoryLocation): string {
  const { writer } = readFlorConfigSync(location)
  if (writer !== undefined) return writer
  const candidate = randomWriter()
  configure(location, ['--add', 'flor.writer', candidate])
  const chosen = readFlorConfigSync(location).writer as string
  if (chosen !== candidate) configure(location, ['--fixed-value', '--unset-all', 'flor.writer', candidate])
  return chosen
}

/** Gives the clone `next` as writer in place of `old`. Returns the name that it has then: another process may have been faster. */
export function replaceWriterSync(location: RepositoryLocation, old: string, next: string): string {
  configure(location, ['--add', 'flor.writer', next])
  configure(location, ['--fixed-value', '--unset-all', 'flor.writer', old])
  return ensureWriterSync(location)
}

/** A name that no other clone has: 10 letters and digits without look-alikes, the first a letter. */
export function randomWriter(): string {
  const digits = 'abcdefghjkmnpqrstvwxyz0123456789'
  const bytes = randomBytes(10)
  return String.fromCharCode(...bytes.map((byte, i) => digits.charCodeAt(byte % (i === 0 ? 22 : 32))))
}

/** Changes the clone's configuration; waits while another process holds its lock. Unsetting what is not set is fine. */
function configure(location: RepositoryLocation, args: readonly string[]): void {
  for (let attempt = 0; ; attempt++) {
    try {
      gitSync(['config', '--local', ...args], { ...inRepository(location), expectExit: [0, 5] })
      return
    } catch (error) {
      const isLocked = isFlorError(error, 'GIT_FAILED') && /could not lock/.test(String(error.data.stderr))
      if (!isLocked || attempt === 40) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.floor(Math.random() * 45))
    }
  }
}

interface Setting {
  readonly scope: string
  readonly key: string
  readonly value: string
}

/** All settings that count in the order of their files; names in lower case, a key without `=` has the value 'true'. */
function readSettings(location: RepositoryLocation): Setting[] {
  const answer = gitSync(['config', '-z', '--show-scope', '--get-regexp', '^(flor\\.|lfs\\.storage$)'], {
    ...inRepository(location),
    expectExit: [0, 1],
  })
  const items = splitItems(answer.stdout)
  const settings: Setting[] = []
  for (let i = 0; i + 1 < items.length; i += 2) {
    const [scope, entry] = [items[i] as string, items[i + 1] as string]
    const end = entry.indexOf('\n')
    const key = end === -1 ? entry : entry.slice(0, end)
    settings.push({ scope, key, value: end === -1 ? 'true' : entry.slice(end + 1) })
  }
  return settings
}

function append(settings: Map<string, string[]>, key: string, value: string): void {
  const values = settings.get(key)
  if (values === undefined) settings.set(key, [value])
  else values.push(value)
}

function invalid(key: string, value: string): FlorError {
  return new FlorError(`bad value for ${key}: ${JSON.stringify(value)}`, {
    code: 'CONFIG_INVALID',
    data: { key, value },
  })
}

/** `10m` as Git reads it: powers of 1024. */
function parseSize(text: string): number | undefined {
  const match = /^(\d+)([kmg]?)$/i.exec(text.trim())
  if (match === null) return undefined
  return Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] as string).toLowerCase())
}

/** `0.01`, or `1%`; from 0 to 1. */
function parseFraction(text: string): number | undefined {
  const match = /^(\d*\.?\d+(?:e-?\d+)?)\s*(%?)$/i.exec(text.trim())
  if (match === null) return undefined
  const fraction = match[2] === '%' ? Number(match[1]) / 100 : Number(match[1])
  return fraction <= 1 ? fraction : undefined
}

/** A boolean, as Git writes them, is taken for `always` or `never`. */
function parseCheck(text: string): FlorConfig['check'] | undefined {
  const word = text.trim().toLowerCase()
  if (word === 'auto' || word === 'always' || word === 'never') return word
  const isOn = parseBoolean(text)
  return isOn === undefined ? undefined : isOn ? 'always' : 'never'
}

function parseCount(text: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(text.trim()) ? Number(text) : undefined
}

/** The words that git itself takes for a boolean; undefined for others. */
export function parseBoolean(text: string): boolean | undefined {
  if (/^(?:true|yes|on|[1-9]\d*)$/i.test(text)) return true
  return /^(?:false|no|off|0+|)$/i.test(text) ? false : undefined
}

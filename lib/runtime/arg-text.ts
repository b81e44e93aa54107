import { FlorError } from '../model/errors.js'

/**
 * Arguments as text: `--flor name=value` (or `--flor=name=value`, any number of times, the last one counts)
 * on the script's own command line, and the JSON object in FLOR_ARGS. `--flor name` alone means true. What
 * stands behind `--` is not looked at.
 */
export function parseArguments(argv: readonly string[]): Map<string, string> {
  const given = new Map<string, string>()
  for (let i = 0; i < argv.length && argv[i] !== '--'; i++) {
    const word = argv[i] as string
    const text =
      word === '--flor' ? argv[++i] : word.startsWith('--flor=') ? word.slice('--flor='.length) : undefined
    if (text === undefined) continue
    const equals = text.indexOf('=')
    if (equals === -1) given.set(text, 'true')
    else given.set(text.slice(0, equals), text.slice(equals + 1))
  }
  return given
}

/** Reads FLOR_ARGS: a JSON object of names to texts. @throws FlorError USAGE (data: value) */
export function parseArgumentsJson(json: string | undefined): Map<string, string> {
  if (json === undefined || json === '') return new Map()
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FlorError(`FLOR_ARGS is not a JSON object: ${json}`, { code: 'USAGE', data: { value: json } })
  }
  return new Map(
    Object.entries(value).map(([name, it]) => [name, typeof it === 'string' ? it : JSON.stringify(it)]),
  )
}

/**
 * Reads `text` as the type that `example` has: number, boolean, string, bigint, Date, null (JSON, or else
 * the text itself), array and object (JSON).
 * @throws FlorError USAGE (data: name, value, expected) on anything else
 */
export function castArgument(name: string, text: string, example: unknown): unknown {
  const cast = casts[kindOf(example)]
  const value = cast?.(text)
  if (value !== undefined) return value
  const expected = kindOf(example)
  throw new FlorError(`--flor ${name}=${text}: ${name} is ${article(expected)}, as its default is`, {
    code: 'USAGE',
    data: { value: text, name, expected },
  })
}

const casts: Record<string, ((text: string) => unknown) | undefined> = {
  number: (text) => {
    const value = Number(text)
    return text.trim() === '' || (Number.isNaN(value) && text.trim() !== 'NaN') ? undefined : value
  },
  boolean: (text) =>
    /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : undefined,
  string: (text) => text,
  bigint: (text) => (/^\s*-?\d+n?\s*$/.test(text) ? BigInt(text.trim().replace(/n$/, '')) : undefined),
  date: (text) => (Number.isNaN(Date.parse(text)) ? undefined : new Date(text)),
  null: (text) => {
    const value = parseJson(text)
    return value === undefined ? text : value
  },
  array: (text) => {
    const value = parseJson(text)
    return Array.isArray(value) ? value : undefined
  },
  object: (text) => {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  },
}

function kindOf(example: unknown): string {
  if (example === null || example === undefined) return 'null'
  if (Array.isArray(example)) return 'array'
  return example instanceof Date ? 'date' : typeof example
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const article = (kind: string): string =>
  ({ array: 'an array (JSON)', object: 'an object (JSON)' })[kind] ?? `a ${kind}`

/**
 * Checks of decoded documents, which anybody may have written. Each takes a value and what to call it in the
 * message, and returns it typed. @throws RangeError if it is something else
 */
export type Check<T> = (value: unknown, what: string) => T

export type Fields = Readonly<Record<string, unknown>>

const refuse = (value: unknown, what: string, wanted: string): never => {
  throw new RangeError(`${what} is ${describe(value)} instead of ${wanted}`)
}

function describe(value: unknown): string {
  if (value === null || typeof value === 'undefined' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`
  return Array.isArray(value) ? 'a list' : 'a map or bytes'
}

export const text: Check<string> = (value, what) =>
  typeof value === 'string' ? value : refuse(value, what, 'text')

export const number: Check<number> = (value, what) =>
  typeof value === 'number' ? value : refuse(value, what, 'a number')

/** A whole number, not negative. */
export const count: Check<number> = (value, what) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : refuse(value, what, 'a count')

export const flag: Check<boolean> = (value, what) =>
  typeof value === 'boolean' ? value : refuse(value, what, 'true or false')

export const bytes: Check<Uint8Array> = (value, what) =>
  value instanceof Uint8Array ? value : refuse(value, what, 'bytes')

/** A map with text keys; its own properties only are to be read. */
export const fields: Check<Fields> = (value, what) =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value)
    ? (value as Fields)
    : refuse(value, what, 'a map')

export const list =
  <T>(item: Check<T>): Check<readonly T[]> =>
  (value, what) => {
    if (!Array.isArray(value)) return refuse(value, what, 'a list')
    const check = (part: unknown): T => item(part, what)
    try {
      return value.map(check)
    } catch {
      // Once more, to name the item: a name for each of the many that are right would be a tenth of what reading takes.
      return value.map((part: unknown, i) => item(part, `${what}[${i}]`))
    }
  }

export const oneOf =
  <const T extends string>(...words: readonly T[]): Check<T> =>
  (value, what) =>
    words.includes(value as T) ? (value as T) : refuse(value, what, words.join(' or '))

/** Checks one property of a map. */
export function field<T>(map: Fields, key: string, check: Check<T>): T {
  return check(Object.hasOwn(map, key) ? map[key] : undefined, key)
}

/** As {@link field}, and undefined where the property is absent or nil. */
export function optional<T>(map: Fields, key: string, check: Check<T>): T | undefined {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return value === null || value === undefined ? undefined : check(value, key)
}

const NONE = Object.freeze({})

/** As {@link field}, and gives an empty map where the property is absent or nil: spread it. */
export function maybe<K extends string, T>(map: Fields, key: K, check: Check<T>): { readonly [P in K]?: T } {
  if (!Object.hasOwn(map, key) || map[key] === null || map[key] === undefined) return NONE
  return { [key]: check(map[key], key) } as { readonly [P in K]?: T }
}

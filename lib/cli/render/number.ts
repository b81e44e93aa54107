/**
 * A number for people: at most `digits` significant digits, integers in full up to 15 digits, exponents where plain
 * digits would be long. `0.0830` is `0.083`; NaN, `inf` and `-inf` by name.
 */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0'
  const magnitude = Math.abs(value)
  if (Number.isInteger(value) && magnitude < 1e15) return String(value)
  if (magnitude >= 1e-4 && magnitude < 10 ** Math.max(6, digits)) {
    const text = magnitude >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits)
    return stripZeros(text)
  }
  return value
    .toExponential(digits - 1)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')
}

/** The shortest text that reads back as the same number; used where a value is an identity, as an argument's is. */
export function formatExactNumber(value: number): string {
  if (Object.is(value, -0)) return '-0'
  if (Number.isFinite(value)) return String(value).replace('e+', 'e')
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/** `1,234,567` */
export function formatCount(value: number): string {
  return String(Math.trunc(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `3 runs`, `1 run`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** `epochs`, `batches`, `entries`: for names of loops, which the user chose. */
export function pluralOf(noun: string): string {
  if (/(?:s|x|z|sh|tch)$/.test(noun)) return `${noun}es`
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`
}

/** `512 B`, `1.4 MiB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let [value, unit] = [bytes, 0]
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1]
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

function stripZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

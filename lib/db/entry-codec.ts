import type { ColumnSummary } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import { sampleAsFloat32, withoutSample } from '../segment/column-codec.js'
import { decodeValue, encodeValue } from '../segment/value-codec.js'
import type { MetricEntry, RunEntry } from './run-entry.js'

/**
 * Entries as JSON text: `git flor log` reads a hundred of them before anything in this process is compiled, and the engine's own parser is
 * then twenty times faster than any written in JavaScript (2 ms against 40). What JSON does not hold lies in it as
 * `{"$value": <base64 of lib/segment/value-codec.ts>}`. A generator's state is base64. Samples are text: `f` and base64 of float32s where these
 * hold every number, else `d` and base64 of float64s, both in the machine's own byte order: a third of the size of numbers as text,
 * and read without a line of JavaScript.
 */
const TAG = '$value'

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export function encodeEntry(entry: RunEntry): Uint8Array {
  const metrics = entry.metrics.map((metric) => ({
    ...metric,
    summary: {
      ...withoutSample(metric.summary),
      ...sampleText(metric.summary),
    },
  }))
  const { generator } = entry.header
  const header = {
    ...entry.header,
    ...(generator && { generator: Buffer.from(generator).toString('base64') }),
  }
  const document = { ...entry, header, metrics } as unknown as LogValue
  return Buffer.from(JSON.stringify(isPlain(document) ? document : toJson(document)))
}

/** Reads what {@link encodeEntry} wrote. @throws RangeError if the index is damaged */
export function decodeEntry(data: Uint8Array): RunEntry {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
  try {
    const parsed: unknown = JSON.parse(text)
    const entry = (text.includes(TAG) ? fromJson(parsed as Json) : parsed) as RunEntry
    const { generator } = entry.header as { generator?: unknown }
    const header =
      typeof generator === 'string'
        ? { ...entry.header, generator: Uint8Array.from(Buffer.from(generator, 'base64')) }
        : entry.header
    return { ...entry, header, metrics: entry.metrics.map(withSampleOf) }
  } catch (error) {
    throw new RangeError('an entry of the index cannot be read', { cause: error })
  }
}

function sampleText(summary: ColumnSummary): { readonly sample?: string } {
  const read = sampleAsFloat32(summary)
  if (read !== undefined) return { sample: `f${base64(read)}` }
  const { sample } = summary
  if (sample === undefined) return {}
  const short = new Float32Array(sample)
  const isShort = sample.every((number, i) => Object.is(number, short[i]))
  return { sample: isShort ? `f${base64(short)}` : `d${base64(sample)}` }
}

function base64({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

function withSampleOf(metric: MetricEntry): MetricEntry {
  const { sample: text } = metric.summary as { readonly sample?: unknown }
  if (typeof text !== 'string') return metric
  // Found to be readable now, not when somebody looks.
  const sizeBytes = Buffer.byteLength(text.slice(1), 'base64')
  if (sizeBytes % (text[0] === 'f' ? 4 : 8) !== 0) throw new RangeError(`${sizeBytes} bytes for a sample`)
  let sample: Float64Array | undefined
  const summary: ColumnSummary = {
    ...metric.summary,
    // Few entries that are read are drawn.
    get sample() {
      sample ??= decodeSample(text)
      return sample
    },
  }
  return { ...metric, summary }
}

function decodeSample(text: string): Float64Array {
  // Into memory of its own, which begins where numbers may begin.
  const { buffer } = Uint8Array.from(Buffer.from(text.slice(1), 'base64'))
  return text[0] === 'f' ? new Float64Array(new Float32Array(buffer)) : new Float64Array(buffer)
}

/** Whether JSON holds the value as it is. */
function isPlain(value: LogValue | undefined): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint'
  if (Array.isArray(value)) return value.every((part: LogValue) => part !== undefined && isPlain(part))
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) {
    if (key === TAG || key === '__proto__') return false
    if (!isPlain((value as { readonly [key: string]: LogValue })[key])) return false
  }
  return true
}

function toJson(value: LogValue | undefined): Json | undefined {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean')
    return value
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : tagged(value)
  if (Array.isArray(value)) return value.map((part: LogValue) => toJson(part) ?? null)
  if (typeof value === 'bigint' || Object.getPrototypeOf(value) !== Object.prototype) return tagged(value)
  const members = Object.entries(value as { readonly [key: string]: LogValue | undefined })
  if (members.some(([key]) => key === TAG || key === '__proto__')) return tagged(value)
  const out: Record<string, Json> = {}
  for (const [key, part] of members) {
    const json = toJson(part)
    if (json !== undefined) out[key] = json
  }
  return out
}

function tagged(value: LogValue): Json {
  return { [TAG]: Buffer.from(encodeValue(value)).toString('base64') }
}

function fromJson(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(fromJson)
  const object = json as { readonly [key: string]: Json }
  const coded = object[TAG]
  if (typeof coded === 'string') return decodeValue(Buffer.from(coded, 'base64'))
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(object)) out[key] = fromJson(object[key] as Json)
  return out
}

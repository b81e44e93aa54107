import { type Literal, type LiteralObject, parseObjectLiteral } from './literal.js'
import { type LogRecord, readLogRecord } from './log-record.js'
import { loopOf } from './loop-words.js'
import { NUMBER, parsePrintedNumber } from './printed-number.js'
import type { Findings, FoundIteration, FoundValue } from './reading.js'

/** What an object printed in a line holds. */
export interface ObjectReading extends Findings {
  /** Where it begins. */
  readonly start: number
  readonly iterations: readonly FoundIteration[]
  /** What a record of a logging library has to say: the text of its message, without quotes. */
  readonly message: { readonly start: number; readonly end: number } | undefined
  /** Whether it is a record that tells of a failure. */
  readonly isFailure: boolean
}

const MAX_BRACES = 4
const MAX_PARTS = 3

/**
 * Reads the object that a line ends with: JSON lines, or a dict that Python printed. Numbers and booleans are values, named by their keys, those of objects
 * inside joined by dots (at most three); `epoch`, `step` and the like at the top are iterations. Lists and texts are left out.
 */
export function readObjectLine(text: string): ObjectReading | undefined {
  if (!text.trimEnd().endsWith('}')) return undefined
  let start = text.indexOf('{')
  for (let tried = 0; start !== -1 && tried < MAX_BRACES; tried++, start = text.indexOf('{', start + 1)) {
    const object = parseObjectLiteral(text, start)
    if (object === undefined) continue
    const iterations: FoundIteration[] = []
    const values: FoundValue[] = []
    const doubtful: string[] = []
    const record = readLogRecord(text, object)
    collect(withNumbers(record?.rest ?? object), '', 1, { iterations, values, doubtful })
    // An epoch that is none leaves its values to no other one.
    if (
      !iterations.some((it) => it.loop === 'epoch') &&
      object.members.some(({ key }) => loopOf(key) === 'epoch')
    ) {
      doubtful.push(...values.splice(0).map((it) => it.name))
    }
    const { message, isFailure = false } = record ?? ({} as Partial<LogRecord>)
    return { start, iterations, values, doubtful, message, isFailure }
  }
  return undefined
}

/** Transformers 5 prints numbers as texts (`{'loss': '2.3', 'epoch': '0.5'}`): where the epoch or the step is one, all of them are. */
function withNumbers(object: LiteralObject): LiteralObject {
  const asNumber = (value: Literal): number | bigint | undefined =>
    typeof value === 'string' && WHOLE_NUMBER.test(value) ? parsePrintedNumber(value) : undefined
  if (!object.members.some(({ key, value }) => loopOf(key) !== undefined && asNumber(value) !== undefined))
    return object
  const members = object.members.map((member) => {
    const number = asNumber(member.value)
    // Without the quotes.
    return number === undefined
      ? member
      : { ...member, value: number, start: member.start + 1, end: member.end - 1 }
  })
  return { ...object, members }
}

const WHOLE_NUMBER = new RegExp(`^(?:${NUMBER})$`)

function collect(
  object: LiteralObject,
  prefix: string,
  depth: number,
  into: { iterations: FoundIteration[]; values: FoundValue[]; doubtful: string[] },
): void {
  const { iterations, values, doubtful } = into
  for (const { key, value, start, end } of object.members) {
    if (key === '' || key.length > 80 || /[\x00-\x1f]/.test(key)) continue
    const loop = depth === 1 ? loopOf(key) : undefined
    if (loop !== undefined && typeof value === 'number' && value >= 0 && Number.isFinite(value)) {
      if (!iterations.some((it) => it.loop === loop)) iterations.push({ loop, number: value, start, end })
      continue
    }
    const name = `${prefix}${key}`
    if (isObject(value)) {
      if (depth < MAX_PARTS) collect(value, `${name}.`, depth + 1, into)
    } else if (value === undefined || typeof value === 'string') doubtful.push(name)
    else values.push({ name, value, start, end, pattern: 'json' })
  }
}

const isObject = (value: Literal): value is LiteralObject => typeof value === 'object'

import type { LiteralObject } from './literal.js'

/** An object that a logging library printed: pino, winston, bunyan, structlog and python-json-logger. */
export interface LogRecord {
  /** The members that are the program's own. */
  readonly rest: LiteralObject
  /** Where the text of the message stands, without its quotes; undefined where it has escaped characters, whose places are not those of the line. */
  readonly message: { readonly start: number; readonly end: number } | undefined
  readonly isFailure: boolean
}

const LEVEL = /^(?:level|levelname|severity|lvl)$/i
const MESSAGE = /^(?:msg|message|event)$/i
/** What the library adds. */
const OWN =
  /^(?:level|levelname|levelno|severity|lvl|time|ts|timestamp|created|msecs|relativeCreated|pid|process|thread|lineno|line|v|code|msg|message|event)$/i

/** What the object is as a record of a logging library; undefined where it is none, such as `{"level": 3, "reward": 0.5}` of a game. */
export function readLogRecord(text: string, { members }: LiteralObject): LogRecord | undefined {
  const level = members.find(({ key }) => LEVEL.test(key))?.value
  const message = members.find(({ key, value }) => MESSAGE.test(key) && typeof value === 'string')
  const isNumbered =
    typeof level === 'number' && level % 10 === 0 && level <= 60 && members.some(({ key }) => key === 'time')
  if (typeof level !== 'string' && !isNumbered) return undefined
  const isPlain = message !== undefined && !text.slice(message.start, message.end).includes('\\')
  return {
    rest: { members: members.filter(({ key }) => !OWN.test(key)) },
    message: isPlain ? { start: message.start + 1, end: message.end - 1 } : undefined,
    isFailure: typeof level === 'string' ? /^(?:error|critical|fatal)$/i.test(level) : Number(level) >= 50,
  }
}

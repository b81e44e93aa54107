import { NUMBER } from './printed-number.js'

/** What a logging library prints in front of a message. */
export interface LogPrefix {
  /** Where the message begins. */
  readonly end: number
  /** Whether the line tells of a failure: level ERROR, CRITICAL or FATAL. */
  readonly isFailure: boolean
}

const LEVELS = [
  'trace',
  'debug',
  'info',
  'notice',
  'success',
  'warning',
  'warn',
  'error',
  'critical',
  'fatal',
]
const LOUD = `(?:${LEVELS.join('|').toUpperCase()})`
/** `INFO`, `Info`, `info`. */
const LEVEL = `(?:${LEVELS.map((it) => `[${it[0]?.toUpperCase()}${it[0]}](?:${it.slice(1).toUpperCase()}|${it.slice(1)})`).join('|')})`

/** A logger, perhaps with what called it, or a process: `my.mod`, `__main__:main:12`, `train[123]`. */
const NAME = String.raw`[A-Za-z_][\w.-]*(?::[\w.<>]+)*(?:\[\d+\])?`
const PLACE = String.raw`(?:[\w.<>-]+:[\w.<>-]+:\d+|[\w./<>-]+\.\w+:\d+)`

const CLOCK = String.raw`\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`
const TIME = [
  String.raw`\d{4}[-/]\d\d[-/]\d\d(?:[T ]${CLOCK})?`,
  String.raw`(?:\d\d[/.-]\d\d[/.-]\d{4} |\d\d?\/\d\d )?\d\d:\d\d:\d\d(?:[.,]\d+)?`,
  String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?: [\w.-]+ [\w./-]+(?:\[\d+\])?:(?=\s))?`,
].join('|')

/** A word that is followed by its value is a metric, such as an error rate. */
const NO_METRIC = String.raw`(?!\s*=|:?\s*(?:${NUMBER})(?![\d:/-]))`

const PARTS = [
  // Brackets with a time or a level in them, and nothing that is of the training's own.
  String.raw`\[(?=[^\]]*(?:\d:\d\d|\b(?:${LOUD}|rank)))(?![^\]]*(?:=|\b(?:epoch|ep|step|iter|iteration|round|batch|fold|trial|Epoch|Step|Iter|Iteration|Round|Batch|Fold|Trial)\b))[^\]]*\]`,
  String.raw`\[[\w.]+\](?=\s*\[\s*${LEVEL}\s*\])`,
  String.raw`\[\s*${LEVEL}\s*\]`,
  // glog, absl.
  String.raw`[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [^\s:]+:\d+\]`,
  // A name between the time and the level is that of the logger.
  String.raw`(?:${TIME})(?:[\s|:-]+${NAME}(?=[\s|-]+\[?${LOUD}\b))?`,
  // `INFO:root:`, as Python's logging has it without settings; `INFO | __main__:main:12 - `; `INFO     root:train.py:12 `.
  String.raw`${LOUD}\b${NO_METRIC}(?::[\w.<>-]+:(?!\s*${NUMBER})|[\s|:]+\[?${PLACE}\]?:?(?=\s)|(?: \(\d+\))?:?)`,
  String.raw`${LEVEL}:(?=\s)(?!\s*${NUMBER})`,
  String.raw`\([\w./-]+\.\w+ \d+\):?(?=\s)`,
  String.raw`[|:-](?=\s)`,
  String.raw`>>(?=\s)`,
].join('|')

const PREFIX = new RegExp(String.raw`^(?:<\d>)?(?:${NAME} - (?=${LOUD} - ))?(?:\s*(?:${PARTS}))+`)
/** What no prefix begins with: a look that spares most lines the rest. */
const BEGINNING =
  /^\s*(?:[\d[<|:>-]|[A-Z]{4}|[IWEF]\d{4} |[A-Z][a-z]{2} [ \d]\d |[A-Za-z]{4,8}:\s|[\w.-]+ - [A-Z]{4})/
const FAILURE =
  /\b(?:ERROR|CRITICAL|FATAL)\b|(?:^|[\s[])(?:[Ee]rror|[Cc]ritical|[Ff]atal)\s*[\]:]|^[EF]\d{4} /

/**
 * Finds times, levels, loggers, processes and places in the source in front of a message, as the logging of Python, loguru, absl and glog, hydra, structlog, pino and
 * winston print them. A logger's name is passed over only where it cannot be the message's own: `INFO train: loss 0.3` may be about the training's part.
 */
export function findLogPrefix(text: string): LogPrefix | undefined {
  if (!BEGINNING.test(text)) return undefined
  const prefix = PREFIX.exec(text)?.[0]
  return prefix === undefined ? undefined : { end: prefix.length, isFailure: FAILURE.test(prefix) }
}

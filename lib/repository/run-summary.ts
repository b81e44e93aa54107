import { type SummaryLine, summaryKey } from '../git/summary-note.js'
import type { ColumnSummary } from '../model/column.js'
import type { RunOid } from '../model/oid.js'
import type { RunEnd } from '../model/run.js'
import type { LogValue } from '../model/value.js'
import { aggregateSummaries } from '../query/aggregate-summaries.js'
import type { Segment } from '../segment/segment.js'
import type { FlorRepository } from './flor-repository.js'

/** Characters of a line, its key included. */
const LONGEST_LINE = 200
const LONGEST_SCRIPT = 40
const LONGEST_ARGS = 60
const LONGEST_VALUE = 30

/**
 * A run in one line of plain text, from the segments of it that this clone's shard holds: script, arguments, the last value of each metric, what was
 * backfilled, how it ended and when it started. Of another clone's run it tells only what was backfilled here. Nothing in it moves a cursor or
 * turns the reading direction, whatever was logged.
 */
export function summarizeRun(run: RunOid, segments: readonly Segment[], isNewRun: boolean): SummaryLine {
  const key = summaryKey(run)
  const record = segments.find((segment) => segment.kind === 'record')
  const backfilled = formatBackfilled(segments)
  if (record === undefined) return { run, isNewRun, text: cut(key + backfilled, LONGEST_LINE) }
  const { header, end, args, columns } = record
  const script = cut(plain(header.script ?? header.argv.join(' ')), LONGEST_SCRIPT)
  const head = [script, ...fitting(args.map(formatArg), LONGEST_ARGS)].join(' ')
  const tail = [formatEnd(end), formatSeconds(end.durationMs), formatMinute(header.startedMs)].join(', ')
  const ended = [...(backfilled === '' ? [] : [backfilled]), tail].join('; ')
  const metrics = lastByName(columns).map(([name, last]) => formatMetric(name, last))
  const room = LONGEST_LINE - key.length - head.length - ended.length - 4
  const shown = fitting(metrics, room).join(', ')
  return {
    run,
    isNewRun,
    text: cut(`${key}${head}${shown === '' ? '' : `: ${shown}`}; ${ended}`, LONGEST_LINE),
  }
}

/** The last value of each name of one segment, in whatever contexts it was logged. */
function lastByName(columns: Segment['columns']): [name: string, last: LogValue][] {
  const byName = new Map<string, ColumnSummary[]>()
  for (const { name, summary } of columns) {
    const others = byName.get(name)
    if (others === undefined) byName.set(name, [summary])
    else others.push(summary)
  }
  return Array.from(byName, ([name, summaries]) => [name, aggregateSummaries(summaries, 'last') ?? null])
}

/** Says that a run was published without its line, where that is so. */
export function tellUnsummarized(repository: FlorRepository, run: RunOid, reason: string | undefined): void {
  if (reason === undefined) return
  const message = `run ${run.slice(0, 7)} is kept, but has no summary note: ${reason}`
  repository.notify({ kind: 'warning', message })
}

/** `backfilled grad_norm 0.41, wnorm`: a value only where one replay produced all of them, so that the last is known. */
function formatBackfilled(segments: readonly Segment[]): string {
  const names = new Map<string, { last: LogValue; replays: number; isDiverged: boolean }>()
  for (const segment of segments) {
    if (segment.kind !== 'backfill') continue
    const isDiverged = segment.backfill.fidelity.status === 'diverged'
    for (const [name, last] of lastByName(segment.columns)) {
      const known = names.get(name)
      names.set(name, {
        last,
        replays: (known?.replays ?? 0) + 1,
        isDiverged: isDiverged || known?.isDiverged === true,
      })
    }
  }
  const told = [...names].map(([name, { last, replays, isDiverged }]) => {
    const text = replays === 1 ? formatMetric(name, last) : cut(plain(name), LONGEST_VALUE)
    return isDiverged ? `${text} (diverged)` : text
  })
  return told.length === 0 ? '' : `backfilled ${fitting(told, LONGEST_ARGS).join(', ')}`
}

function formatArg({ name, value }: { readonly name: string; readonly value: LogValue }): string {
  return cut(`${plain(name)}=${formatScalar(value) ?? '…'}`, LONGEST_VALUE)
}

function formatMetric(name: string, last: LogValue): string {
  const value = formatScalar(last)
  return cut(value === undefined ? plain(name) : `${plain(name)} ${value}`, LONGEST_VALUE)
}

/** Numbers to four digits, texts quoted where they hold spaces; undefined for what has no short form. */
function formatScalar(value: LogValue): string | undefined {
  if (typeof value === 'number') return String(Number(value.toPrecision(4))).replace('Infinity', 'inf')
  if (typeof value === 'string') return /^[^\s"']+$/.test(value) ? plain(value) : JSON.stringify(plain(value))
  if (typeof value === 'boolean' || typeof value === 'bigint' || value === null) return String(value)
  return undefined
}

function formatEnd({ status, exitCode, signal }: RunEnd): string {
  if (status === 'failed' && exitCode !== undefined) return `failed (exit ${exitCode})`
  return signal === undefined ? status : `${status} (${plain(signal)})`
}

function formatSeconds(durationMs: number): string {
  return durationMs < 10_000 ? `${(durationMs / 1000).toFixed(1)}s` : `${Math.round(durationMs / 1000)}s`
}

/** `2026-11-25 21:06 UTC`: everybody who reads the note reads the same. */
function formatMinute(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime())
    ? 'at an unknown time'
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The first of `items` that fit into `room` together, and `…` for the others. */
function fitting(items: readonly string[], room: number): string[] {
  const shown: string[] = []
  let used = 0
  for (const [i, item] of items.entries()) {
    used += item.length + 2
    if (used > room - (i === items.length - 1 ? 0 : 3)) return [...shown, '…']
    shown.push(item)
  }
  return shown
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text
  // Not amid a surrogate pair.
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** Everything but what is printed (controls, line ends, reading directions, halves of pairs) becomes U+FFFD. */
function plain(text: string): string {
  // Only the beginning of a text of megabytes is looked at.
  return text.slice(0, 1000).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

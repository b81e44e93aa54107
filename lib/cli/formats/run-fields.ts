import type { RunEntry } from '../../db/run-entry.js'
import type { LogValue } from '../../model/value.js'
import type { Aggregate } from '../../query/expression.js'
import { runLookup } from '../../query/run-lookup.js'
import { formatDuration, isoTime, relativeTime } from '../render/time.js'
import { formatAssignment } from '../render/value.js'
import { originMark } from '../views/shown-metrics.js'
import { csvField } from './csv.js'

/** Looks one field of `--format` up in a run; '' where the run has none. */
export type RunField = (entry: RunEntry) => string

type Simple = (entry: RunEntry, nowMs: number) => LogValue | undefined

/** The digits of shortened oids: one length for all of them, so that scripts can rely on it. */
const SHORT = 7

const branchOf = ({ header }: RunEntry): string | undefined => header.branch?.replace(/^refs\/heads\//, '')

/** Fields without anything of the user's in them; docs/outputs.md and man/log.roff list them. */
const FIELDS: Readonly<Record<string, Simple>> = {
  run: ({ run }) => run,
  'run:short': ({ run }) => run.slice(0, SHORT),
  commit: ({ header }) => header.base,
  'commit:short': ({ header }) => header.base?.slice(0, SHORT),
  edits: ({ header }) => (header.clean ? undefined : '+edits'),
  branch: branchOf,
  script: ({ header }) => header.script,
  command: ({ header }) => header.argv.join(' '),
  cwd: ({ header }) => header.cwd,
  status: ({ end }) => end.status,
  exit: ({ end }) => end.exitCode,
  signal: ({ end }) => end.signal,
  started: ({ header }) => new Date(header.startedMs),
  'started:iso': ({ header }) => isoTime(header.startedMs),
  'started:unix': ({ header }) => Math.floor(header.startedMs / 1000),
  'started:relative': ({ header }, nowMs) => relativeTime(header.startedMs, nowMs),
  duration: ({ end }) => end.durationMs / 1000,
  'duration:short': ({ end }) => formatDuration(end.durationMs),
  author: ({ header }) => header.user,
  user: ({ header }) => header.user,
  host: ({ header }) => header.host,
  writer: ({ writers }) => writers.join(','),
  args: ({ args }) => args.map(({ name, value }) => formatAssignment(name, value)).join(' '),
  metrics: ({ metrics }) => [...new Set(metrics.map(({ name }) => name))].join(' '),
  marks: ({ metrics }) => [...new Set(metrics.map(originMark))].sort().join(''),
  backfills: ({ backfills }) => backfills.length,
  checkpoints: ({ checkpoints }) => checkpoints.count,
}

const AGGREGATES = ['first', 'last', 'min', 'max', 'mean', 'count'] as const satisfies readonly Aggregate[]

/** Every field, `<name>` standing for one of the user's. */
export const RUN_FIELD_NAMES: readonly string[] = [
  ...Object.keys(FIELDS),
  'args:<name>',
  'version:<library>',
  'metric:<name>',
  ...AGGREGATES.map((aggregate) => `metric:<name>:${aggregate}`),
  'metric:<name>:mark',
]

/** The field of a run that is called so; undefined where there is none. */
export function runField(field: string, nowMs: number): RunField | undefined {
  if (Object.hasOwn(FIELDS, field)) return (entry) => csvField(FIELDS[field]?.(entry, nowMs)) ?? ''
  const [, kind, rest = ''] = /^(args|arg|metric|version):(.+)$/s.exec(field) ?? []
  switch (kind) {
    case 'args':
    case 'arg':
      return ({ args }) => csvField(args.find(({ name }) => name === rest)?.value) ?? ''
    case 'version':
      return ({ header }) => (Object.hasOwn(header.versions, rest) ? (header.versions[rest] ?? '') : '')
    case 'metric':
      return metricField(rest)
    default:
      return undefined
  }
}

/** The argument or metric that a field is about; undefined for fields without a name in them. */
export function nameInField(
  field: string,
): { readonly kind: 'argument' | 'value'; readonly name: string } | undefined {
  const [, kind, rest = ''] = /^(args?|metric):(.+)$/s.exec(field) ?? []
  if (kind === undefined) return undefined
  return kind === 'metric'
    ? { kind: 'value', name: splitMetric(rest).name }
    : { kind: 'argument', name: rest }
}

/** A name may hold colons itself: only a last part that says what to make of the values is none of it. */
function splitMetric(text: string): { readonly name: string; readonly part: string | undefined } {
  const [, name = text, part] = /^(.+):(first|last|min|max|mean|count|mark)$/s.exec(text) ?? []
  return { name, part }
}

function metricField(text: string): RunField {
  const { name, part } = splitMetric(text)
  if (part === 'mark') {
    return ({ metrics }) => [...new Set(metrics.filter((it) => it.name === name).map(originMark))].join('')
  }
  const aggregate = AGGREGATES.find((it) => it === part)
  return (entry) => {
    // An argument of the same name is none of the run's metrics.
    if (!entry.metrics.some((metric) => metric.name === name)) return ''
    return csvField(runLookup(entry)(name, aggregate)) ?? ''
  }
}

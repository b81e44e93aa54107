import type { MetricEntry, RunEntry } from '../../db/run-entry.js'
import type { Jsonable } from '../formats/json.js'

/** A run as `--json` prints it; the fields are documented in docs/json.md. */
export function runToJson(entry: RunEntry): { readonly [key: string]: Jsonable } {
  const { header, end } = entry
  return {
    run: entry.run,
    base: header.base,
    clean: header.clean,
    branch: header.branch,
    script: header.script,
    argv: header.argv,
    cwd: header.cwd,
    started: new Date(header.startedMs),
    durationMs: end.durationMs,
    status: end.status,
    exitCode: end.exitCode,
    signal: end.signal,
    output: end.output === undefined ? undefined : { ...end.output },
    observed: header.observed,
    capture: header.capture === undefined ? undefined : { patterns: header.capture.patterns },
    user: header.user,
    host: header.host,
    versions: header.versions,
    args: entry.args.map(({ name, value, origin }) => ({ name, value, origin })),
    metrics: entry.metrics.map((metric) => metricToJson(metric, header.capture !== undefined)),
    backfills: entry.backfills.map((it) => ({
      id: it.id,
      names: it.names,
      patched: it.patched,
      level: it.level,
      started: new Date(it.startedMs),
      durationMs: it.durationMs,
      fidelity: fidelityToJson(it.fidelity),
      check: checkToJson(it.check),
    })),
    checkpoints: { count: entry.checkpoints.count, sizeBytes: entry.checkpoints.sizeBytes },
    leftOut: header.leftOut.map(({ path, reason }) => ({ path, reason })),
    writers: entry.writers,
  }
}

function metricToJson({ name, loops, summary, origin }: MetricEntry, isCaptured: boolean): Jsonable {
  const { count, first, last, firstAt, lastAt, min, max, mean, nanCount } = summary
  return {
    name,
    loops,
    count,
    first,
    last,
    firstAt,
    lastAt,
    min,
    max,
    mean,
    nanCount,
    origin: isCaptured && origin.kind === 'recorded' ? { kind: 'captured' } : originToJson(origin),
  }
}

/** Where values came from, as `--json` prints it. */
export function originToJson(origin: MetricEntry['origin']): { readonly [key: string]: Jsonable } {
  if (origin.kind === 'recorded') return { kind: origin.kind }
  const { kind, patched, level, fidelity } = origin
  return { kind, patched, level, fidelity: fidelityToJson(fidelity) }
}

/** What a replay established, as `--json` prints it. */
export function fidelityToJson({
  status,
  compared,
  equal,
  states,
  first,
}: RunEntry['backfills'][number]['fidelity']): Jsonable {
  return {
    status,
    compared,
    equal,
    states: states === undefined ? undefined : { ...states },
    first: first === undefined ? undefined : { ...first },
  }
}

/** What a check of the level came to, as `--json` prints it. */
export function checkToJson(check: RunEntry['backfills'][number]['check']): Jsonable {
  return check === undefined ? undefined : { ...check }
}

import { contextKey } from '../../model/context.js'
import type {
  BackfillOutcome,
  BackfillPlan,
  BackfillRow,
  TaskReport,
} from '../../repository/backfill/backfill-plan.js'
import type { CarriedFile } from '../../repository/backfill/carry.js'
import { JSON_VERSION, type Jsonable } from '../formats/json.js'
import { differencesToJson } from './backfill-environment.js'
import { checkToJson, fidelityToJson } from './run-json.js'

/** A plan as `git flor backfill --dry-run --json` prints it; docs/json.md describes it. */
export function planToJson(plan: BackfillPlan): Jsonable {
  return {
    version: JSON_VERSION,
    kind: 'backfill-plan',
    names: plan.request.names,
    ...madeToJson(plan),
    estimateMs: plan.estimateMs,
    ...scheduleToJson(plan),
    differences: differencesToJson(plan.differences),
    runs: plan.rows.map(rowToJson),
  }
}

/** What came of a backfill, as `git flor backfill --yes --json` prints it. */
export function outcomeToJson(plan: BackfillPlan, outcome: BackfillOutcome): Jsonable {
  return {
    version: JSON_VERSION,
    kind: 'backfill',
    names: plan.request.names,
    ...madeToJson(plan),
    values: outcome.values,
    durationMs: outcome.durationMs,
    ...scheduleToJson(plan),
    interrupted: outcome.isInterrupted,
    differences: differencesToJson(plan.differences),
    tasks: outcome.reports.map(reportToJson),
    refused: plan.rows.filter((row) => row.status === 'refused').map(rowToJson),
    deferred: plan.rows.filter((row) => row.status === 'deferred').map(rowToJson),
  }
}

function scheduleToJson({ schedule }: BackfillPlan): { readonly [name: string]: Jsonable | undefined } {
  return { workers: schedule.workers, estimatedMs: schedule.durationMs, budgetMs: schedule.budgetMs }
}

/** Statements that were made of expressions, with the place in the user's file that they were made for. */
function madeToJson({ wanted: { made } }: BackfillPlan): { readonly made?: Jsonable } {
  if (made === undefined) return {}
  return {
    made: made.map(({ name, text, path, line, side, loop }) => ({
      name,
      statement: text,
      path,
      line,
      place: side,
      loop,
    })),
  }
}

function rowToJson(row: BackfillRow): Jsonable {
  const base = { run: row.entry.run, status: row.status }
  if (row.status === 'complete') return { ...base, reason: row.why }
  if (row.status === 'refused') {
    const places = row.candidates.map(({ path, line }) => ({ path, line }))
    return { ...base, reason: row.reason, candidates: places.map(({ line }) => line), places }
  }
  return {
    ...base,
    statements: row.files.flatMap(statementsToJson),
    patched: row.patched,
    estimateMs: row.estimateMs,
    untrusted: row.status === 'planned' ? row.untrusted : undefined,
    iterations: row.wanted.map(contextKey),
    plans: row.plans.map(({ names, plan, checks = [] }) => ({
      names,
      level: plan.level,
      reason: plan.reason,
      estimateMs: plan.estimateMs,
      tasks: plan.tasks.length,
      checks: checks.map(({ level, contexts, estimateMs }) => ({
        level,
        iterations: contexts.map(contextKey),
        estimateMs,
      })),
      checkpoints: { used: plan.checkpoints.used, toFetch: plan.checkpoints.toFetch.length },
      excluded: plan.excluded.map(({ context, reason }) => ({ iteration: contextKey(context), reason })),
    })),
  }
}

/** The new file, and where in the old version its statements stand. */
function statementsToJson({ path, oldPath, propagation }: CarriedFile): Jsonable[] {
  const lines =
    propagation.status === 'placed'
      ? propagation.insertions.filter(({ kind }) => kind === 'statement').map(({ line }) => line)
      : propagation.status === 'exists'
        ? [propagation.line]
        : []
  return lines.map((line) => ({ from: path, path: oldPath, line, exists: propagation.status === 'exists' }))
}

function reportToJson(report: TaskReport): Jsonable {
  const base = { run: report.entry.run, status: report.status }
  if (report.status === 'failed') {
    return {
      ...base,
      id: report.id,
      reason: report.reason,
      output: report.output,
      missing: report.missing?.path,
    }
  }
  const { id, values, durationMs, estimateMs, fidelity, check } = report
  const facts = { id, values, durationMs, estimateMs }
  return { ...base, ...facts, fidelity: fidelityToJson(fidelity), check: checkToJson(check) }
}

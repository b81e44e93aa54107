import type { Context } from '../../model/context.js'
import type {
  BackfillPlan,
  BackfillRow,
  DeferredRow,
  PlannedRow,
  RefusedRow,
} from '../../repository/backfill/backfill-plan.js'
import type { CarriedFile } from '../../repository/backfill/carry.js'
import { counted, pluralOf } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { layoutTable, type TableColumn } from '../render/table.js'
import { formatDuration } from '../render/time.js'
import { displayWidth, padEnd } from '../render/width.js'
import { wrapProse } from '../render/wrap.js'
import { formatDifferences } from './backfill-environment.js'
import { formatStatements } from './backfill-statements.js'
import { type CommitNames, formatCode } from './run-code.js'
import { abbreviator } from './short-run.js'

/** How a plan is laid out. */
export interface PlanLayout {
  readonly columns: number
  readonly style: Style
  readonly names: CommitNames
}

/** Below this width a table has no room: each run takes lines of its own. */
const NARROW = 70

/** The plan for people: the statements, then what happens to each run. */
export function formatPlan(plan: BackfillPlan, layout: PlanLayout): string[] {
  if (plan.rows.length === 0) return [...formatStatements(plan.wanted, layout), '', 'no run fits']
  const rows = layout.columns < NARROW ? narrowLines(plan, layout) : tableLines(plan, layout)
  const short = abbreviator(plan.rows.map((row) => row.entry.run))
  const notes = formatDifferences(plan.differences, { ...layout, short })
  return [
    ...formatStatements(plan.wanted, layout),
    '',
    ...rows,
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ]
}

/** `2 of 3 runs, 6 epochs, about 20s with 2 workers` */
export function formatPlanTotal({ rows, schedule }: BackfillPlan): string {
  const planned = rows.filter((row) => row.status === 'planned')
  const iterations = planned.reduce((sum, row) => sum + row.wanted.length, 0)
  const noun = iterationNoun(planned)
  const { workers, durationMs } = schedule
  const parts = [
    `${planned.length} of ${counted(rows.length, 'run')}`,
    ...(iterations === 0 ? [] : [counted(iterations, noun, pluralOf(noun))]),
    `about ${formatDuration(durationMs)}${workers === 1 ? '' : ` with ${workers} workers`}`,
  ]
  return parts.join(', ')
}

/** `1 run left out, about 40s more: --budget 10m` */
export function formatDeferred({ rows, schedule }: BackfillPlan): string | undefined {
  const deferred = rows.filter((row) => row.status === 'deferred')
  if (deferred.length === 0) return undefined
  const moreMs = deferred.reduce((sum, row) => sum + row.estimateMs, 0)
  const budget = formatDuration(schedule.budgetMs ?? 0)
  return `${counted(deferred.length, 'run')} left out by the budget of ${budget}, about ${formatDuration(moreMs)} of one worker`
}

/** What iterations are called: by the loop where it is one and the same. */
function iterationNoun(rows: readonly BackfillRow[]): string {
  const loops = rows.flatMap((row) =>
    row.status === 'planned' || row.status === 'deferred'
      ? row.wanted.map((it) => it.at(-1)?.loop ?? '')
      : [],
  )
  const [loop, ...others] = new Set(loops)
  return loop !== undefined && others.length === 0 && /^[a-z]+$/i.test(loop) ? loop : 'iteration'
}

const header = (iterations: string): readonly TableColumn[] => [
  { title: 'run', align: 'left', isKey: true },
  { title: 'code', align: 'left' },
  { title: 'statement', align: 'left', minWidth: 10 },
  { title: 'level', align: 'left' },
  { title: iterations, align: 'left', minWidth: 6 },
  { title: 'checkpoints', align: 'left' },
  { title: 'estimate', align: 'right' },
]

function tableLines(plan: BackfillPlan, { columns, style, names }: PlanLayout): string[] {
  const short = abbreviator(plan.rows.map((row) => row.entry.run))
  const codes = plan.rows.map((row) => sanitizeLine(formatCode(row.entry, names)))
  const codeWidth = Math.max(4, ...codes.map(displayWidth))
  const hasWork = plan.rows.some((row) => row.status === 'planned')
  const titles = header(pluralOf(iterationNoun(plan.rows)))
  const shown = (hasWork ? titles : titles.slice(0, 2)).map((column, i) => ({
    ...column,
    paintTitle: style.heading,
    ...(i === 0 ? { paint: style.oid } : {}),
  }))
  const cells = plan.rows.map((row, i) => [
    short(row.entry.run),
    codes[i] as string,
    ...(row.status === 'planned' ? plannedCells(row) : []),
  ])
  const lines = layoutTable(shown, cells, columns)
  return lines.flatMap((line, i) => {
    const row = plan.rows[i - 1]
    if (row === undefined) return [line]
    if (row.status === 'planned') return [line, ...excludedLines(row, columns)]
    const oid = short(row.entry.run)
    const head = `${style.oid(oid)}  ${padEnd(codes[i - 1] as string, codeWidth)}`
    return outcomeLines(row, { line: head, width: oid.length + codeWidth + 4 }, columns, style)
  })
}

/** What will not be executed, and why, in the room of the other columns. */
function outcomeLines(
  row: BackfillRow,
  head: { readonly line: string; readonly width: number },
  columns: number,
  style: Style,
): string[] {
  const [first = '', ...more] = wrapProse(outcomeOf(row), columns - head.width)
  const paint = row.status === 'refused' || row.status === 'deferred' ? style.warn : style.faint
  return [`${head.line}  ${paint(first)}`, ...more.map((line) => ' '.repeat(head.width) + paint(line))]
}

function narrowLines(plan: BackfillPlan, { columns, style, names }: PlanLayout): string[] {
  const short = abbreviator(plan.rows.map((row) => row.entry.run))
  return plan.rows.flatMap((row) => {
    const head = `${style.oid(short(row.entry.run))}  ${sanitizeLine(formatCode(row.entry, names))}`
    if (row.status !== 'planned') return [head, ...wrapProse(outcomeOf(row), columns, '    ')]
    const [statement, level, iterations, checkpoints, estimate] = plannedCells(row)
    const parts = [statement, `level ${level}`, iterations, `checkpoints ${checkpoints}`, estimate]
    const text = parts.filter((part) => part !== '').join(', ')
    return [head, ...wrapProse(text, columns, '    '), ...excludedLines(row, columns)]
  })
}

function outcomeOf(row: BackfillRow): string {
  if (row.status === 'complete') return `nothing missing: ${sanitizeLine(row.why)}`
  if (row.status === 'planned') return ''
  if (row.status === 'deferred') return `left out by the budget: ${deferredWork(row)}`
  return `refused: ${sanitizeLine(row.reason)}${formatCandidates(row)}`
}

/** ` (candidates: lines 31, 35)`; with their files where these are not the one that the statement stands in today. */
export function formatCandidates({ candidates, files }: RefusedRow): string {
  if (candidates.length === 0) return ''
  const [file, ...more] = files
  const isOwn = (path: string) => more.length === 0 && file?.path === path && file.oldPath === path
  const lines = candidates.map(({ line }) => line)
  if (candidates.every(({ path }) => isOwn(path))) return ` (candidates: lines ${lines.join(', ')})`
  return ` (candidates: ${candidates.map(({ path, line }) => sanitizeLine(`${path}:${line}`)).join(', ')})`
}

/** `level run, 5–7, about 40s` */
function deferredWork(row: DeferredRow): string {
  const level = `level ${levelsOf(row)}`
  const parts = [level, formatIterations(row.wanted), `about ${formatDuration(row.estimateMs)}`]
  return parts.filter((part) => part !== '').join(', ')
}

function levelsOf({ plans }: Pick<PlannedRow, 'plans'>): string {
  return [...new Set(plans.map(({ plan }) => plan.level))].join('+')
}

function plannedCells(row: PlannedRow): string[] {
  const used = row.plans.reduce((sum, { plan }) => sum + plan.checkpoints.used, 0)
  const absent = row.plans.reduce((sum, { plan }) => sum + plan.checkpoints.toFetch.length, 0)
  return [
    row.files.map((file) => formatPlacement(file, row.files.length > 1)).join('; '),
    levelsOf(row),
    formatIterations(row.wanted),
    used === 0 ? '–' : `${used - absent} of ${used}`,
    formatDuration(row.estimateMs),
  ]
}

/**
 * `exists already`, or `line 38, grads→g`; `old.js:38, grads→g` where the old file has another name, or `isOneOfSeveral`
 * files.
 */
export function formatPlacement({ path, oldPath, propagation }: CarriedFile, isOneOfSeveral = false): string {
  if (propagation.status === 'exists') return 'exists already'
  if (propagation.status === 'declined') return 'declined'
  const placed = propagation.insertions.filter((it) => it.kind === 'statement').map((it) => it.line)
  const lines =
    path === oldPath && !isOneOfSeveral
      ? `${placed.length === 1 ? 'line' : 'lines'} ${placed.join(', ')}`
      : `${oldPath}:${placed.join(', ')}`
  const renames = Object.entries(propagation.renames).map(([name, old]) => `${name}→${old}`)
  return sanitizeLine([lines, ...renames].join(', '))
}

/** `5–7`, `0, 3–4`: the innermost iterations, by label where they have one; those of outer loops in front. */
export function formatIterations(contexts: readonly Context[]): string {
  const groups = new Map<string, (number | string)[]>()
  for (const context of contexts) {
    const outer = context
      .slice(0, -1)
      .map((it) => `${it.loop} ${it.label ?? it.index}`)
      .join(' ')
    const last = context.at(-1)
    if (last === undefined) continue
    const group = groups.get(outer)
    if (group === undefined) groups.set(outer, [last.label ?? last.index])
    else group.push(last.label ?? last.index)
  }
  const texts = [...groups].map(([outer, values]) =>
    outer === '' ? formatRanges(values) : `${outer}: ${formatRanges(values)}`,
  )
  return sanitizeLine(texts.join('; '))
}

function formatRanges(values: readonly (number | string)[]): string {
  const ranges: { first: number | string; last: number | string }[] = []
  for (const value of values) {
    const range = ranges.at(-1)
    const isNext = Number.isInteger(range?.last) && value === Number(range?.last) + 1
    if (range !== undefined && isNext) range.last = value
    else ranges.push({ first: value, last: value })
  }
  return ranges
    .map(({ first, last }) => (Object.is(first, last) ? `${first}` : `${first}–${last}`))
    .join(', ')
}

function excludedLines(row: PlannedRow, columns: number): string[] {
  const excluded = row.plans.flatMap(({ plan }) => plan.excluded)
  const reasons = new Map<string, Context[]>()
  for (const { context, reason } of excluded) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), context])
  }
  return [...reasons].flatMap(([reason, contexts]) =>
    wrapProse(`not ${formatIterations(contexts)}: ${sanitizeLine(reason)}`, columns, '         '),
  )
}

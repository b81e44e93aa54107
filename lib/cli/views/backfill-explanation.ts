import { formatExplanation } from '../../propagate/explain.js'
import type { BackfillRow } from '../../repository/backfill/backfill-plan.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { formatDuration } from '../render/time.js'
import { wrapProse } from '../render/wrap.js'
import { formatCandidates, formatIterations, formatPlacement } from './backfill-plan.js'

/** What happens to one run, and why: the placement of each file's statements, then the replay. */
export function formatRowExplanation(
  row: BackfillRow,
  { columns, style }: { readonly columns: number; readonly style: Style },
): string[] {
  const lines = [style.oid(`run ${row.entry.run}`)]
  for (const file of row.files) {
    const path = file.path === file.oldPath ? file.path : `${file.path} → ${file.oldPath}`
    lines.push('', `${style.heading(sanitizeLine(path))}: ${formatPlacement(file)}`)
    if (file.shares.length > 0) {
      const shares = file.shares.map(({ path: one, share }) => `${one} ${Math.round(100 * share)} %`)
      lines.push(...wrapProse(sanitizeLine(`around it: ${shares.join(', ')}`), columns, '    '))
    }
    if (file.propagation.status === 'declined') {
      lines.push(...wrapProse(sanitizeLine(file.propagation.message), columns, '    '))
    }
    lines.push(...formatExplanation(file.propagation.explanation).map((line) => `    ${sanitizeLine(line)}`))
  }
  lines.push('')
  if (row.status === 'refused') {
    const text = `refused: ${sanitizeLine(row.reason)}${formatCandidates(row)}`
    return [...lines, ...wrapProse(style.warn(text), columns)]
  }
  if (row.status === 'complete') return [...lines, `nothing missing: ${sanitizeLine(row.why)}`]
  lines.push(`patched commit ${row.patched}`)
  for (const { names, plan, checks = [] } of row.plans) {
    const iterations = formatIterations(row.wanted)
    const where = iterations === '' ? '' : `, iterations ${iterations}`
    const head = `${names.map(sanitizeLine).join(', ')}: level ${plan.level}${where}, about ${formatDuration(plan.estimateMs)}`
    lines.push('', style.heading(head), ...wrapProse(sanitizeLine(plan.reason), columns, '    '))
    for (const task of plan.tasks) {
      lines.push(
        ...wrapProse(`- ${sanitizeLine(task.reason)} (${formatDuration(task.estimateMs)})`, columns, '    '),
      )
    }
    for (const check of checks) {
      const text = `- before values are stored: ${formatIterations(check.contexts)} both at level ${check.level} and with what comes before, compared (${formatDuration(check.estimateMs)})`
      lines.push(...wrapProse(text, columns, '    '))
    }
    for (const { context, reason } of plan.excluded) {
      lines.push(...wrapProse(`not ${formatIterations([context])}: ${sanitizeLine(reason)}`, columns, '    '))
    }
  }
  return lines
}

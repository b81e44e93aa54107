import { sparkline } from '../render/sparkline.js'
import type { Style } from '../render/style.js'
import { formatName, formatValue } from '../render/value.js'
import { displayWidth, isolate, truncate } from '../render/width.js'
import type { ShownMetric } from './shown-metrics.js'

const DIGITS = 3

/**
 * A name in one phrase: `loss 2.31 → 0.083  █▆▄▃▂▂▁▁`, `val_acc 0.912 → 0.971 (best 0.974)`, `params 1234`. What does not fit into `room`
 * columns is left out: the line, the best value, the end of the name.
 */
export function summarizeMetric(
  metric: ShownMetric,
  options: { readonly cells: number; readonly room: number; readonly style: Style },
): { text: string; painted: string } {
  const name = `${formatName(metric.name)}${metric.mark}`
  const isSeries = metric.count > 1 && metric.sample !== undefined
  const course = ` ${courseOf(metric)}`
  const line = isSeries && options.cells > 0 ? `  ${sparkline(metric.sample, options.cells)}` : ''
  const best = isSeries ? bestOf(metric) : ''
  const fits = (...parts: string[]): boolean => displayWidth(parts.join('')) <= options.room
  const shown = isolate(truncate(name, Math.max(8, options.room - displayWidth(course))))
  const [said, drawn] = fits(shown, course, best, line)
    ? [best, line]
    : fits(shown, course, best)
      ? [best, '']
      : ['', '']
  const painted = drawn === '' ? '' : options.style.spark(drawn)
  return {
    text: truncate(`${shown}${course}${said}${drawn}`, options.room),
    painted: fits(shown, course)
      ? `${options.style.heading(shown)}${course}${said}${painted}`
      : truncate(`${shown}${course}`, options.room),
  }
}

/**
 * Whether small or large values of a name are the good ones, judged by the words in it; undefined where they tell nothing. Only for
 * showing a best value: nothing is computed from it.
 */
export function betterDirection(name: string): 'min' | 'max' | undefined {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  const has = (known: readonly string[]): boolean => words.some((word) => known.includes(word))
  if (has(['loss', 'err', 'error', 'perplexity', 'ppl', 'mse', 'mae', 'rmse', 'nll', 'regret'])) return 'min'
  if (has(['acc', 'accuracy', 'auc', 'f1', 'precision', 'recall', 'iou', 'bleu', 'reward', 'score', 'r2'])) {
    return 'max'
  }
  return undefined
}

/** `2.31 → 0.083`; of other than numbers the last value; of several replays' values the range. */
function courseOf({ count, first, last, min, max, sample }: ShownMetric): string {
  const more = count > 1 ? ` (${count} values)` : ''
  if (last === undefined) {
    const isRange = min !== undefined && max !== undefined
    return isRange ? `${formatValue(min, DIGITS)} to ${formatValue(max, DIGITS)}${more}` : more.trim()
  }
  if (count > 1 && sample !== undefined) {
    return `${shorten(formatValue(first, DIGITS))} → ${shorten(formatValue(last, DIGITS))}`
  }
  return `${shorten(formatValue(last, DIGITS))}${more}`
}

function bestOf(metric: ShownMetric): string {
  const direction = betterDirection(metric.name)
  const best = direction === undefined ? undefined : metric[direction]
  if (best === undefined || best === metric.last || best === metric.first) return ''
  return ` (best ${formatValue(best, DIGITS)})`
}

function shorten(text: string): string {
  return isolate(truncate(text, 40))
}

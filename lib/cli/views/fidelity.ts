import type { Fidelity } from '../../model/run.js'
import { type LogValue, Tensor } from '../../model/value.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatValue } from '../render/value.js'

/** Digits of the two values that differ. */
const DIGITS = 8

/**
 * What a replay established: `960 of 960 identical, state identical at 3 of 3 checkpoints`, `within the tolerance (957 of 960 identical)`,
 * `diverged: loss at epoch=1 was 0.5, replayed 0.6 (957 of 960 identical)`, `unchecked: …`.
 */
export function formatFidelity({ status, compared, equal, states, first }: Fidelity): string {
  if (status === 'unchecked') return 'unchecked: nothing that was recorded was produced again'
  const counts = [
    ...(compared === 0 && states !== undefined ? [] : [`${equal} of ${compared} identical`]),
    ...(states === undefined ? [] : [`state identical at ${states.equal} of ${states.compared} checkpoints`]),
  ]
  const count = counts.join(', ')
  if (status === 'identical') return count
  if (status === 'within-tolerance') return `within the tolerance (${count})`
  return `diverged: ${first === undefined ? '' : `${formatDifference(first)} `}(${count})`
}

/** The same behind a table, where whatever is as it should be takes one word. */
export function formatFidelityBriefly(fidelity: Fidelity): string {
  const { status } = fidelity
  return status === 'identical' || status === 'unchecked' ? status : formatFidelity(fidelity)
}

function formatDifference({
  name,
  context,
  recorded,
  replayed,
  isState,
}: NonNullable<Fidelity['first']>): string {
  const { index, before, after } = firstDifference(recorded, replayed)
  const what = `${sanitizeLine(name)}${index === undefined ? '' : `[${index}]`}`
  const at = context === '' ? '' : ` at ${sanitizeLine(context)}`
  const isSeen = formatValue(before, DIGITS) !== formatValue(after, DIGITS)
  const digits = isSeen ? DIGITS : 'exact'
  if (isState === true && isHash(recorded) && isHash(replayed)) return `a checkpoint differs${at}: ${what}`
  const where = isState === true ? `a checkpoint differs${at}: ${what}` : `${what}${at}`
  return `${where} was ${formatValue(before, digits)}, replayed ${formatValue(after, digits)}`
}

/** Of state whose recorded numbers are not on this machine, hashes are all that is known. */
const isHash = (value: LogValue): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

/** Of two lists, arrays or tensors of one length, the first elements that are not the same; else the values themselves. */
function firstDifference(
  before: LogValue,
  after: LogValue,
): { readonly index?: number; readonly before: LogValue; readonly after: LogValue } {
  const [a, b] = [elementsOf(before), elementsOf(after)]
  if (a === undefined || b === undefined || a.length !== b.length) return { before, after }
  for (let index = 0; index < a.length; index++) {
    const [one, other] = [a[index] as LogValue, b[index] as LogValue]
    const isScalar = typeof one !== 'object' || typeof other !== 'object'
    if (isScalar && !Object.is(one, other)) return { index, before: one, after: other }
  }
  return { before, after }
}

function elementsOf(value: LogValue): ArrayLike<LogValue> | undefined {
  if (value instanceof Tensor) return value.data
  if (Array.isArray(value)) return value
  return ArrayBuffer.isView(value) ? (value as unknown as ArrayLike<LogValue>) : undefined
}

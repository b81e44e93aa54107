import type { Column } from '../model/column.js'
import { contextKey } from '../model/context.js'
import type { Fidelity, LoopTiming, StateComparison } from '../model/run.js'
import type { LogValue } from '../model/value.js'
import { compareValues } from '../segment/value-equality.js'
import { valuesByContext } from './values-by-context.js'

export interface FidelityOptions {
  /** Which names a replay of this level reproduces; all where absent. See {@link Soundness.comparable}. */
  readonly isComparable?: (name: string) => boolean
  /** Relative difference of numbers that is let pass: 0 where absent. */
  readonly tolerance?: number
}

/**
 * Compares what a replay produced again with what the run recorded, by name, context and order within the context. Values that only one
 * side has are not compared, but one that was logged again in a context that has fewer is a difference.
 */
export function checkFidelity(
  recorded: readonly Column[],
  replayed: readonly Column[],
  options: FidelityOptions = {},
): Fidelity {
  const { tolerance = 0, isComparable = () => true } = options
  const again = new Set(replayed.map((it) => it.name))
  const before = valuesByContext(recorded, (name) => again.has(name) && isComparable(name))
  const after = valuesByContext(replayed, (name) => before.has(name))
  let compared = 0
  let equal = 0
  let within = 0
  let first: Fidelity['first']
  for (const [name, contexts] of after) {
    for (const [context, values] of contexts) {
      const originals = before.get(name)?.get(context)
      if (originals === undefined) continue
      for (const [ordinal, value] of values.entries()) {
        const original: LogValue = originals[ordinal] ?? null
        const difference = ordinal < originals.length ? compareValues(original, value, tolerance) : 'beyond'
        compared++
        if (difference === 'exact') equal++
        else if (difference === 'within') within++
        if (difference === 'beyond') first ??= { name, context, recorded: original, replayed: value }
      }
    }
  }
  const counts = { compared, equal }
  if (compared === 0) return { status: 'unchecked', ...counts }
  if (first !== undefined) return { status: 'diverged', ...counts, first }
  return { status: within > 0 ? 'within-tolerance' : 'identical', ...counts }
}

/**
 * Compares the random generator's state at the ends of the iterations that a replay executed with the recorded ones: a statement that draws where
 * nothing was drawn shifts everything behind it, whether or not a recorded value shows that. Undefined when nothing differs.
 */
export function checkGenerator(
  recorded: readonly LoopTiming[],
  replayed: readonly LoopTiming[],
): Fidelity | undefined {
  const states = new Map(
    recorded.flatMap((loop) => loop.iterations.map((it) => [contextKey(it.context), it.generator])),
  )
  for (const { context, generator } of replayed.flatMap((loop) => loop.iterations)) {
    const before = states.get(contextKey(context))
    if (generator === undefined || before === undefined || Buffer.compare(before, generator) === 0) continue
    const first = {
      name: 'Math.random',
      context: contextKey(context),
      recorded: hex(before),
      replayed: hex(generator),
    }
    return { status: 'diverged', compared: 0, equal: 0, first }
  }
  return undefined
}

/** What the comparisons of a replay's state with the run's checkpoints came to. Undefined where nothing was compared. */
export function checkStates(comparisons: readonly StateComparison[]): Fidelity | undefined {
  if (comparisons.length === 0) return undefined
  const equal = comparisons.filter((it) => it.status === 'identical').length
  const counts = { compared: 0, equal: 0, states: { compared: comparisons.length, equal } }
  const differing = comparisons.find((it) => it.status !== 'identical' && it.status !== 'within-tolerance')
  if (differing === undefined)
    return { status: equal < comparisons.length ? 'within-tolerance' : 'identical', ...counts }
  const { point, first } = differing
  const context = contextKey(point.context)
  const { name = 'state', recorded = null, replayed = null } = first ?? {}
  return { status: 'diverged', ...counts, first: { name, context, recorded, replayed, isState: true } }
}

const hex = (state: Uint8Array): string => Buffer.from(state).toString('hex')

/** The fidelity of several replays of one run together: the worst of them, and the first difference. */
export function joinFidelity(parts: readonly Fidelity[]): Fidelity {
  const order: readonly Fidelity['status'][] = ['unchecked', 'identical', 'within-tolerance', 'diverged']
  const status = order[Math.max(0, ...parts.map((it) => order.indexOf(it.status)))] ?? 'unchecked'
  const first = parts.find((it) => it.first !== undefined)?.first
  const sums = {
    compared: parts.reduce((sum, it) => sum + it.compared, 0),
    equal: parts.reduce((sum, it) => sum + it.equal, 0),
  }
  const states = parts.flatMap((it) => it.states ?? [])
  return {
    status,
    ...sums,
    ...(states.length === 0
      ? {}
      : {
          states: {
            compared: states.reduce((sum, it) => sum + it.compared, 0),
            equal: states.reduce((sum, it) => sum + it.equal, 0),
          },
        }),
    ...(first === undefined ? {} : { first }),
  }
}

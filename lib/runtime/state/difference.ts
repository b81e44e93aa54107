import type { LogValue } from '../../model/value.js'
import { compareValues } from '../../segment/value-equality.js'
import type { StateNode, StateValue } from './adapter.js'

/** Two parts of a state that are not the same. */
export interface StateDifference {
  /** Where in the state: `model.dense/kernel[3]`, `progress.best`. */
  readonly name: string
  readonly recorded: LogValue
  readonly replayed: LogValue
  /** Whether they are numbers that differ by no more than the tolerance. */
  readonly isWithin: boolean
}

/** What `state.msgpack` holds. */
export interface StateDocument {
  readonly roots: Readonly<Record<string, StateValue>>
  readonly nodes: readonly StateNode[]
}

/**
 * Properties of nodes that are not state of the training: where a tensor lies in its file, whose numbers are compared by themselves.
 * So is where an object stood when the loop was entered, which depends on the order of properties. Names that TensorFlow.js counts up over a process differ where earlier folds were passed over.
 */
const PLACES = new Set(['tensor', 'originalName', 'f'])

/**
 * The first difference between a recorded state document and one of now that is beyond the tolerance, else the first within it; undefined where both describe the
 * same objects. Which object is which is told by where they are, not by their numbers in the documents. Tensors' contents are left out.
 */
export function documentDifference(
  recorded: StateDocument,
  now: StateDocument,
  tolerance: number,
): StateDifference | undefined {
  let within: StateDifference | undefined
  const seen = new Map<number, number>()
  const taken = new Set<number>()

  const value = (
    name: string,
    a: LogValue | undefined,
    b: LogValue | undefined,
  ): StateDifference | undefined => {
    const [one, other] = [referenceOf(a), referenceOf(b)]
    if (one !== undefined && other !== undefined && one >= 0 && other >= 0) return node(name, one, other)
    if (isList(a) && isList(b) && a.length === b.length) {
      return firstOf(a.keys(), (i) => value(`${name}[${i}]`, a[i], b[i]))
    }
    const how = compareValues(a ?? null, b ?? null, tolerance)
    if (how === 'exact') return undefined
    const found = { name, recorded: shown(a), replayed: shown(b), isWithin: how === 'within' }
    if (how === 'beyond') return found
    within ??= found
    return undefined
  }

  const node = (name: string, one: number, other: number): StateDifference | undefined => {
    const known = seen.get(one)
    if (known === other) return undefined
    const [a, b] = [recorded.nodes[one], now.nodes[other]]
    if (known !== undefined || taken.has(other) || a === undefined || b === undefined || a.k !== b.k)
      return {
        name,
        recorded: a?.k ?? null,
        replayed: known === undefined ? (b?.k ?? null) : 'another object',
        isWithin: false,
      }
    seen.set(one, other)
    taken.add(other)
    if (isList(a.keys) && isList(a.values) && isList(b.keys) && isList(b.values) && a.k === 'object') {
      return properties(name, a.keys, a.values, b.keys, b.values)
    }
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    return firstOf(keys, (key) =>
      key === 'k' || PLACES.has(key)
        ? undefined
        : value(isPart(key) ? name : `${name}.${key}`, a[key], b[key]),
    )
  }

  const properties = (
    name: string,
    keys: readonly LogValue[],
    values: readonly LogValue[],
    keysNow: readonly LogValue[],
    valuesNow: readonly LogValue[],
  ): StateDifference | undefined =>
    firstOf(new Set([...keys, ...keysNow]), (key) => {
      if (PLACES.has(String(key))) return undefined
      const [at, atNow] = [keys.indexOf(key), keysNow.indexOf(key)]
      return value(`${name}.${key}`, at < 0 ? MISSING : values[at], atNow < 0 ? MISSING : valuesNow[atNow])
    })

  const roots = new Set([...Object.keys(recorded.roots), ...Object.keys(now.roots)])
  return (
    firstOf(roots, (root) => value(root, recorded.roots[root] ?? MISSING, now.roots[root] ?? MISSING)) ??
    within
  )
}

const MISSING = 'nothing'

/** Parts of containers are named by the container. */
const isPart = (key: string): boolean =>
  key === 'items' || key === 'numbers' || key === 'values' || key === 'keys'

function firstOf<T>(
  parts: Iterable<T>,
  differenceOf: (part: T) => StateDifference | undefined,
): StateDifference | undefined {
  for (const part of parts) {
    const found = differenceOf(part)
    if (found !== undefined) return found
  }
  return undefined
}

function referenceOf(value: LogValue | undefined): number | undefined {
  const id = isObject(value) ? value['@'] : undefined
  return typeof id === 'number' ? id : undefined
}

function isObject(value: LogValue | undefined): value is Readonly<Record<string, LogValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function isList(value: LogValue | undefined): value is readonly LogValue[] {
  return Array.isArray(value)
}

/** References are no values for people. */
function shown(value: LogValue | undefined): LogValue {
  const id = referenceOf(value)
  return id === undefined ? (value ?? null) : id < 0 ? 'undefined' : 'an object'
}

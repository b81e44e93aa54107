import { propertyOf, type RunProperty } from '../db/facts.js'
import type { RunEntry } from '../db/run-entry.js'
import type { LogValue } from '../model/value.js'

/** What a run has of itself, as the attribute shows it. */
interface Attribute {
  readonly property: RunProperty
  readonly shown?: (value: LogValue) => LogValue
}

/** What every run has a value of without logging it. `duration` is in seconds, `commit` the base, `branch` without `refs/heads/`. */
const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  run: { property: 'run' },
  script: { property: 'script' },
  status: { property: 'status' },
  started: { property: 'startedMs', shown: (ms) => new Date(ms as number) },
  duration: { property: 'durationMs', shown: (ms) => (ms as number) / 1000 },
  user: { property: 'user' },
  author: { property: 'user' },
  host: { property: 'host' },
  commit: { property: 'base' },
  branch: { property: 'branch', shown: (ref) => (ref as string).replace(/^refs\/heads\//, '') },
}

/** The names that {@link attributeOf} knows. */
export const ATTRIBUTE_NAMES: readonly string[] = Object.keys(ATTRIBUTES)

/** A run's attribute; undefined where the run lacks it, or no attribute is called that. */
export function attributeOf(entry: RunEntry, name: string): LogValue | undefined {
  return attributeBy((property) => propertyOf(entry, property), name)
}

/** As {@link attributeOf}, of a run whose properties are known by other means. */
export function attributeBy(
  property: (property: RunProperty) => LogValue | undefined,
  name: string,
): LogValue | undefined {
  const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined
  if (attribute === undefined) return undefined
  const value = property(attribute.property)
  return value === undefined || attribute.shown === undefined ? value : attribute.shown(value)
}

/** The property of runs that an attribute shows; undefined where no attribute is called that. */
export function attributeProperty(name: string): RunProperty | undefined {
  return Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name]?.property : undefined
}

/** Whether `name` is an attribute of runs. */
export function isAttribute(name: string): boolean {
  return Object.hasOwn(ATTRIBUTES, name)
}

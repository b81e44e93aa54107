import type { RunEntry } from '../db/run-entry.js'
import type { LogValue } from '../model/value.js'

/** What every run has a value of without logging it. `duration` is in seconds, `commit` the base, `branch` without `refs/heads/`. */
const ATTRIBUTES: Readonly<Record<string, (entry: RunEntry) => LogValue | undefined>> = {
  run: ({ run }) => run,
  script: ({ header }) => header.script,
  status: ({ end }) => end.status,
  started: ({ header }) => new Date(header.startedMs),
  duration: ({ end }) => end.durationMs / 1000,
  user: ({ header }) => header.user,
  author: ({ header }) => header.user,
  host: ({ header }) => header.host,
  commit: ({ header }) => header.base,
  branch: ({ header }) => header.branch?.replace(/^refs\/heads\//, ''),
}

/** The names that {@link attributeOf} knows. */
export const ATTRIBUTE_NAMES: readonly string[] = Object.keys(ATTRIBUTES)

/** A run's attribute; undefined where the run lacks it, or no attribute is called that. */
export function attributeOf(entry: RunEntry, name: string): LogValue | undefined {
  return Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name]?.(entry) : undefined
}

/** Whether `name` is an attribute of runs. */
export function isAttribute(name: string): boolean {
  return Object.hasOwn(ATTRIBUTES, name)
}

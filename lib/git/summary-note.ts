/**
 * What the notes of `refs/notes/flor-summary/<writer>` look like: for people, and for `git log --notes='flor-summary/*'`. Pure.
 *
 *     ... 37 earlier runs
 *     run 3f2a9c1b2d4e train.js lr=0.01 epochs=8: loss 0.083, val_acc 0.971; completed, 41s, 2026-11-25 21:06 UTC
 *     run 9be07d4a0c11 train.js lr=0.5 epochs=8: loss NaN; failed (exit 1), 72s, 2026-11-25 21:09 UTC
 *
 * A run is known by the beginning of its line, which stays the same for ever; what follows is meant to be read, not parsed.
 */
import type { RunOid } from '../model/oid.js'

/** One run's line. */
export interface SummaryLine {
  readonly run: RunOid
  /** Begins with {@link summaryKey}; no line end. */
  readonly text: string
  /** Whether the run is told of for the first time; otherwise a run that is told of no longer stays so. */
  readonly isNewRun: boolean
}

/** Most runs that one commit's note tells of: each new one writes the note anew, and nobody reads on. */
export const MOST_LINES = 100

/** The beginning of a run's line. */
export function summaryKey(run: RunOid): string {
  return `run ${run.slice(0, 12)} `
}

/** The note with the line in it, at its end where the run has none yet; undefined where that changes nothing. */
export function withSummaryLine(note: string, { run, text, isNewRun }: SummaryLine): string | undefined {
  const lines = note.split('\n').filter((line) => line.trim() !== '')
  let earlier = Number(/^\.\.\. (\d+) earlier runs?$/.exec(lines[0] ?? '')?.[1] ?? 0)
  if (earlier > 0) lines.shift()
  const at = lines.findIndex((line) => line.startsWith(summaryKey(run)))
  if (at !== -1) {
    if (lines[at] === text) return undefined
    lines[at] = text
  } else if (earlier > 0 && !isNewRun) return undefined
  else lines.push(text)
  const dropped = Math.max(0, lines.length - MOST_LINES)
  earlier += dropped
  const told = earlier === 0 ? [] : [`... ${earlier} earlier run${earlier === 1 ? '' : 's'}`]
  return `${[...told, ...lines.slice(dropped)].join('\n')}\n`
}

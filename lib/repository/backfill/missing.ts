import type { RunEntry } from '../../db/run-entry.js'
import { type Context, contextKey } from '../../model/context.js'
import type { LogValue } from '../../model/value.js'
import {
  type Expression,
  evaluate,
  type KindWatch,
  type Lookup,
  type NameUse,
} from '../../query/predicate.js'
import type { Position } from '../../replay/source-project.js'
import type { RecordedRun } from '../../replay/timeline.js'

/** What of a run is asked for, and with which code. */
export interface MissingQuery {
  readonly entry: RunEntry
  readonly record: RecordedRun
  readonly names: readonly string[]
  /** What each name's statements make of the run's code; see BackfillHeader. */
  readonly digests: ReadonlyMap<string, string>
  readonly position: Position
  /** The part of the predicate that depends on loop iterations. */
  readonly ofRow: Expression | undefined
  /** What a name of the predicate stands for in a context; undefined where that is not known. */
  readonly valueIn: (context: Context, use: NameUse) => LogValue | undefined
  /** Told of values that the predicate cannot compare. */
  readonly kinds: KindWatch
}

/**
 * The contexts in which a value is wanted: main-loop iterations for statements in a main loop; the empty context, or outer iterations, for
 * others.
 */
export function findPlaces(query: MissingQuery): Context[] {
  return candidates(query).filter((context) => mayHold(query, context))
}

/**
 * Whether a value is missing in a wanted context. Those that an earlier backfill executed with the same statements are not: what the
 * statement did not log then, it would not log now.
 */
export function isMissing(query: MissingQuery, context: Context): boolean {
  return !query.names.every((name) => isDone(query, name, context))
}

/** Iterations (of the role that the statement stands in) that the run is known to have begun. */
function candidates({ record, position }: MissingQuery): Context[] {
  if (position.kind === 'iteration' || position.kind === 'nested') {
    return record.timeline
      .filter((loop) => loop.role === 'main' && (position.pass ?? loop.pass) === loop.pass)
      .flatMap((loop) => loop.iterations.map((it) => it.context))
      .filter((context) => followsLoops(context, position.loops))
  }
  const outer = position.loops.slice(0, position.outerLoops)
  if (outer.length === 0) return [[]]
  return record.timeline
    .filter((loop) => loop.role === 'outer')
    .flatMap((loop) => loop.iterations.map((it) => it.context))
    .filter((context) => context.length === outer.length && followsLoops(context, outer))
}

function followsLoops(context: Context, loops: readonly string[]): boolean {
  return context.every((iteration, depth) => loops[depth] === undefined || iteration.loop === loops[depth])
}

/** Whether the predicate is not surely false there: names of loops further inside are not known yet. A value of the wrong kind is known. */
function mayHold({ ofRow, valueIn, kinds }: MissingQuery, context: Context): boolean {
  const lookup: Lookup = (name, aggregate, by) =>
    valueIn(context, { name, ...(aggregate && { aggregate }), ...(by !== undefined && { by }) })
  if (ofRow === undefined) return true
  const { failures } = kinds
  const truth = evaluate(ofRow, lookup, kinds)
  return truth === true || (truth === null && kinds.failures === failures)
}

function isDone({ entry, digests }: MissingQuery, name: string, context: Context): boolean {
  const [key, digest] = [contextKey(context), digests.get(name)]
  return entry.backfills.some(
    (it) => it.statements[it.names.indexOf(name)] === digest && it.executed.includes(key),
  )
}

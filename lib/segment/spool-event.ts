import type { Label } from '../model/context.js'
import type { ArgOrigin, Checkpoint, RunEnd, RunHeader, StateComparison } from '../model/run.js'
import type { LogValue } from '../model/value.js'

/**
 * The spool: what a runtime writes while a run is in flight, and what `git flor seal` turns into a segment.
 *
 * A spool is a folder `<git common dir>/flor/spool/<id>/` with
 *
 *     owner.json     {"pid": 123, "host": "h", "started": "<process start time>", "worktree": "/abs/top"}; written first, by rename
 *     events         frames, appended
 *
 * A frame is `u32le length, u32le crc32(payload), payload`; a payload is one or more whole events, each a
 * msgpack array whose first item is a {@link Op}. A frame is appended by one write. A torn last frame is
 * what a crash lost. Names are given an id once, before their first use, counted from 0 in one space.
 *
 *     [0, id, name]               Name
 *     [1, id, value]              Record, in the iterations that are open
 *     [2, id, pass, role]         LoopEnter; role 0 outer, 1 main, 2 nested or plain; outer and main: [2, id, pass, role, beforeMs, generator|nil]
 *     [3, index] [3, index, label]  IterationBegin, of the innermost open loop
 *     [4] [4, ms, generator|nil]  IterationEnd; the longer form in outer and main loops
 *     [5] [5, ms] [5, ms, exhausted, generator|nil]  LoopExit; with ms in a main iteration, the longest form for outer and main loops
 *     [6, name, value, origin]    Arg
 *     [7, map]                    Checkpoint (model/run.ts), after its files are durable
 *     [8, map]                    Header (model/run.ts), the first event
 *     [9, map]                    End
 *     [10, seed]                  Seed: flor.seed was called with this value
 *     [11, text]                  Warning that was given to the user
 *     [12]                        Checkpointing: flor.checkpointing was called
 *     [13, map]                   StateCompared (StateComparison of model/run.ts): in replays, where the plan asks for it
 *
 * Leaving a loop by break, return or an exception ends the iteration without event 4: event 5 closes it.
 * A begin closes an iteration of the same loop that was not ended.
 *
 * A loop that goes on after others had the turn (a generator with a loop inside, iterations that run concurrently) is
 * closed by a short event 5 and opened again by event 2 with the pass that it had, role 2, and its iteration begun
 * again: the same context, continued. Iterations opened by hand are loops of role 2 and pass 0 whose indices go on counting
 * from one event 2 to the next. Outer and main loops write the short form of event 4 for iterations under a
 * millisecond once they have had a thousand. The header and the end are frames of their own.
 */
export const Op = {
  Name: 0,
  Record: 1,
  LoopEnter: 2,
  IterationBegin: 3,
  IterationEnd: 4,
  LoopExit: 5,
  Arg: 6,
  Checkpoint: 7,
  Header: 8,
  End: 9,
  Seed: 10,
  Warning: 11,
  Checkpointing: 12,
  StateCompared: 13,
} as const

export type LoopRole = 'outer' | 'main' | 'nested'

/** Events as readers see them, ids resolved to names. */
export type SpoolEvent =
  | { readonly op: 'record'; readonly name: string; readonly value: LogValue }
  | {
      readonly op: 'loop-enter'
      readonly loop: string
      readonly pass: number
      readonly role: LoopRole
      readonly beforeMs?: number
      readonly generator?: Uint8Array
    }
  | { readonly op: 'iteration-begin'; readonly index: number; readonly label?: Label }
  | { readonly op: 'iteration-end'; readonly durationMs?: number; readonly generator?: Uint8Array }
  | {
      readonly op: 'loop-exit'
      readonly durationMs?: number
      readonly exhausted?: boolean
      readonly generator?: Uint8Array
    }
  | { readonly op: 'arg'; readonly name: string; readonly value: LogValue; readonly origin: ArgOrigin }
  | { readonly op: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly op: 'header'; readonly header: RunHeader }
  | { readonly op: 'end'; readonly end: RunEnd }
  | { readonly op: 'seed'; readonly seed: LogValue }
  | { readonly op: 'warning'; readonly text: string }
  | { readonly op: 'checkpointing' }
  | { readonly op: 'state-compared'; readonly comparison: StateComparison }

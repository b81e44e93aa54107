import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { contextKey } from '../../model/context.js'
import type { RecordedState } from '../../model/plan.js'
import type { CheckpointPoint, StateComparison } from '../../model/run.js'
import type { SpoolWriter } from '../../segment/spool-writer.js'
import { decodeDocument, encodeDocument } from '../../segment/value-codec.js'
import { compareValues } from '../../segment/value-equality.js'
import {
  formatSafetensorsHead,
  parseSafetensors,
  rootOfFile,
  safetensorsFile,
} from '../checkpoint/safetensors.js'
import { unchangedTensors } from '../checkpoint/unchanged.js'
import { recordedGeneratorState, setGeneratorState } from '../generator.js'
import type { LoopStack } from '../loop-stack.js'
import type { OpenLoop } from '../open-loop.js'
import type { PointWatcher } from '../session.js'
import type { TensorContent, TensorSource } from '../state/adapter.js'
import { type CapturedState, captureState } from '../state/capture.js'
import { documentDifference, type StateDifference, type StateDocument } from '../state/difference.js'
import { numbersOf } from '../state/tensor-numbers.js'
import type { StateRegistry } from '../state-registry.js'

/** The share of the time spent in iterations that comparing may cost. */
const SHARE = 0.03
/** What it may cost in any case: beside the start of a process it is nothing, and short replays want to be sure, too. */
const BASE_MS = 8

/** What the first comparison is taken to cost: hashing at half a gigabyte a second, and walking through the state. */
const ASSUMED_BYTES_A_MS = 5e5
const ASSUMED_BASE_MS = 1

/** What a comparer works with. */
export interface ComparerParts {
  readonly spool: SpoolWriter
  readonly loops: LoopStack
  readonly registry: StateRegistry
  readonly states: readonly RecordedState[]
  readonly tolerance: number
}

interface Hashed {
  readonly tensors: ReadonlyMap<string, TensorSource>
  readonly names: string
  readonly sha256: string
}

/**
 * Compares the state of a replay with the checkpoints that the run took, at the points where both have computed it: after nested loops and at the ends of iterations that
 * are executed in full. Whatever reaches the state by ways that the analysis did not see shows here, though no recorded value may tell it. Nothing is copied or
 * written: the tensors are hashed as the checkpoint's file was. It takes no more than a small share of the time; where comparing is dearer, fewer points
 * are compared. Never throws.
 */
export class StateComparer implements PointWatcher {
  readonly #parts: ComparerParts
  readonly #states: ReadonlyMap<string, RecordedState>
  /** The last hash of each file, for tensors that have not changed since. */
  readonly #hashed = new Map<string, Hashed>()
  #mainMs = 0
  #spentMs = 0
  #expectedMs = 0

  constructor(parts: ComparerParts) {
    this.#parts = parts
    this.#states = new Map(parts.states.map((it) => [pointKey(it.point), it]))
  }

  enterLoop(): void {}

  afterNested(main: OpenLoop, nested: OpenLoop): void {
    const { loop, pass } = nested
    this.#visit(main, { kind: 'S', context: this.#parts.loops.contextOf(main), after: { loop, pass } }, 2)
  }

  afterIteration(main: OpenLoop, ms: number): boolean {
    this.#mainMs += ms
    return this.#visit(main, { kind: 'E', context: this.#parts.loops.contextOf(main) }, 1)
  }

  /** `reserve`: for so many comparisons there must be time, so that the end of an iteration, where all of it shows, comes before its middle. */
  #visit(main: OpenLoop, point: CheckpointPoint, reserve: number): boolean {
    const recorded = this.#states.get(pointKey(point))
    // Where nested loops are left out, what the script computes from them does not come out as it did, and need not.
    if (recorded === undefined || main.planned?.isSkipping === true) return false
    const leftMs = BASE_MS + SHARE * this.#mainMs - this.#spentMs
    if (this.#expectedMs * reserve > leftMs) return false
    const startedMs = performance.now()
    const state = this.#capture()
    const assumedMs = ASSUMED_BASE_MS + (state === undefined ? 0 : hashedBytes(state) / ASSUMED_BYTES_A_MS)
    const isFirst = this.#expectedMs === 0
    const comparison =
      state === undefined || (isFirst && assumedMs * reserve > leftMs)
        ? undefined
        : this.#compare(recorded, state)
    if (comparison !== undefined) this.#parts.spool.document(13, encodeDocument(comparison))
    const tookMs = performance.now() - startedMs
    // The first time runs code that was not compiled yet.
    const costMs = isFirst ? Math.min(tookMs, assumedMs) : tookMs
    this.#spentMs += costMs
    this.#expectedMs = isFirst ? costMs : (this.#expectedMs + costMs) / 2
    return comparison !== undefined
  }

  #compare(recorded: RecordedState, state: CapturedState): StateComparison | undefined {
    const { point } = recorded
    try {
      const document = decodeDocument(recorded.state) as StateDocument
      const { tolerance } = this.#parts
      const differences = [
        documentDifference(
          document,
          decodeDocument(encodeDocument(state.document)) as StateDocument,
          tolerance,
        ),
        ...fileNames(recorded, state).map((name) => this.#fileDifference(name, recorded, document, state)),
      ].filter((it) => it !== undefined)
      const first = differences.find((it) => !it.isWithin) ?? differences[0]
      if (first === undefined) return { point, status: 'identical' }
      const { name, recorded: before, replayed, isWithin } = first
      return {
        point,
        status: isWithin ? 'within-tolerance' : 'diverged',
        first: { name, recorded: before, replayed },
      }
    } catch {
      // What cannot be read cannot be compared; a restore of it would tell.
      return undefined
    }
  }

  /** A save() of the user's that draws random numbers must not change those of the training. Undefined where the state cannot be captured. */
  #capture(): CapturedState | undefined {
    const generator = recordedGeneratorState()
    try {
      return captureState(this.#parts.registry.roots, this.#parts.registry.founding)
    } catch {
      return undefined
    } finally {
      if (generator !== undefined) setGeneratorState(generator)
    }
  }

  #fileDifference(
    name: string,
    recorded: RecordedState,
    document: StateDocument,
    state: CapturedState,
  ): StateDifference | undefined {
    const root = rootOfFile(name)
    const tensors = state.files.get(root)
    const file = recorded.files.find((it) => it.name === name)
    if (tensors === undefined || file === undefined)
      return {
        name: root,
        recorded: file?.sha256 ?? null,
        replayed: tensors === undefined ? null : 'tensors',
        isWithin: false,
      }
    const names = recordedNames(document, root)
    const sha256 = this.#hash(name, tensors, names)
    if (sha256 === file.sha256) return undefined
    const inNumbers =
      file.path === undefined
        ? undefined
        : tensorDifference(file.path, root, tensors, names, this.#parts.tolerance)
    return inNumbers ?? { name: root, recorded: file.sha256, replayed: sha256, isWithin: false }
  }

  #hash(name: string, tensors: ReadonlyMap<string, TensorSource>, names: readonly string[]): string {
    const joined = names.join('\0')
    const before = this.#hashed.get(name)
    if (before !== undefined && before.names === joined && unchangedTensors(before.tensors, tensors))
      return before.sha256
    const entries = [...tensors].map(([own, { dtype, shape, sizeBytes }], i) => ({
      name: names.length === tensors.size ? (names[i] as string) : own,
      dtype,
      shape,
      sizeBytes,
    }))
    const hash = createHash('sha256').update(formatSafetensorsHead(entries))
    for (const tensor of tensors.values()) {
      const { buffer, byteOffset, byteLength } = tensor.read()
      hash.update(new Uint8Array(buffer, byteOffset, byteLength))
    }
    const sha256 = hash.digest('hex')
    this.#hashed.set(name, { tensors, names: joined, sha256 })
    return sha256
  }
}

function pointKey(point: CheckpointPoint): string {
  const key = contextKey(point.context)
  return point.kind === 'E' ? key : `${key} ${point.after.loop}#${point.after.pass}`
}

function hashedBytes(state: CapturedState): number {
  let sizeBytes = 0
  for (const tensors of state.files.values())
    for (const tensor of tensors.values()) sizeBytes += tensor.sizeBytes
  return sizeBytes
}

function fileNames(recorded: RecordedState, state: CapturedState): string[] {
  return [
    ...new Set([...recorded.files.map((it) => it.name), ...[...state.files.keys()].map(safetensorsFile)]),
  ]
}

/**
 * The names that a file's tensors had, in the order in which they lie in it. They are put in place of those of now: TensorFlow.js counts names up over a
 * process, so that they differ where earlier folds were passed over.
 */
function recordedNames(document: StateDocument, root: string): string[] {
  return document.nodes.flatMap(({ tensor }) =>
    Array.isArray(tensor) && tensor[0] === root ? [String(tensor[1])] : [],
  )
}

/** The first numbers that differ; undefined where the file cannot be read or holds other tensors. */
function tensorDifference(
  path: string,
  root: string,
  tensors: ReadonlyMap<string, TensorSource>,
  names: readonly string[],
  tolerance: number,
): StateDifference | undefined {
  let contents: ReadonlyMap<string, TensorContent>
  try {
    contents = parseSafetensors(readFileSync(path))
  } catch {
    return undefined
  }
  if (contents.size !== tensors.size || names.length !== tensors.size) return undefined
  let within: StateDifference | undefined
  for (const [i, tensor] of [...tensors.values()].entries()) {
    const name = names[i] as string
    const content = contents.get(name)
    if (content === undefined) return undefined
    const [before, now] = [numbersOf(content), tensor.read()]
    const where = name === root ? root : `${root}.${name}`
    if (before.length !== now.length)
      return {
        name: where,
        recorded: `${before.length} numbers`,
        replayed: `${now.length} numbers`,
        isWithin: false,
      }
    for (let at = 0; at < before.length; at++) {
      const [one, other] = [before[at] as number, now[at] as number]
      if (Object.is(one, other)) continue
      const isWithin = compareValues(one, other, tolerance) === 'within'
      const found = { name: `${where}[${at}]`, recorded: one, replayed: other, isWithin }
      if (!isWithin) return found
      within ??= found
    }
  }
  return within
}

import type { Context, LoopRef } from '../model/context.js'
import { isOid, type Oid } from '../model/oid.js'
import type {
  Arg,
  BackfillHeader,
  Checkpoint,
  CheckpointPoint,
  CheckResult,
  Fidelity,
  IterationTiming,
  LoopTiming,
  OutputSummary,
  RunEnd,
  RunHeader,
} from '../model/run.js'
import type { LogValue } from '../model/value.js'
import { label } from './column-codec.js'
import { bytes, type Check, count, field, fields, flag, list, maybe, number, oneOf, text } from './shape.js'

/** Checks of what model/run.ts describes, as decoded documents hold it: what anybody may have written becomes typed here. */

export const oid: Check<Oid> = (value, what) => {
  const name = text(value, what)
  if (!isOid(name))
    throw new RangeError(`${what} is ${JSON.stringify(name.slice(0, 64))} instead of an object name`)
  return name
}

export const anyValue: Check<LogValue> = (value) => (value ?? null) as LogValue

const texts: Check<Readonly<Record<string, string>>> = (value, what) =>
  Object.fromEntries(Object.entries(fields(value, what)).map(([key, part]) => [key, text(part, key)]))

export const runHeader: Check<RunHeader> = (value, what) => {
  const map = fields(value, what)
  return {
    id: field(map, 'id', text),
    run: field(map, 'run', oid),
    ...maybe(map, 'base', oid),
    clean: field(map, 'clean', flag),
    ...maybe(map, 'branch', text),
    ...maybe(map, 'script', text),
    argv: field(map, 'argv', list(text)),
    cwd: field(map, 'cwd', text),
    startedMs: field(map, 'startedMs', number),
    ...maybe(map, 'bootMs', number),
    ...maybe(map, 'setupMs', number),
    versions: field(map, 'versions', texts),
    ...maybe(map, 'regional', texts),
    host: field(map, 'host', text),
    user: field(map, 'user', text),
    pid: field(map, 'pid', number),
    ...maybe(map, 'lockFile', (part, name) => {
      const file = fields(part, name)
      return { path: field(file, 'path', text), oid: field(file, 'oid', oid) }
    }),
    leftOut: field(map, 'leftOut', list(leftOut)),
    ...maybe(map, 'generator', bytes),
    ...maybe(map, 'observed', flag),
    ...maybe(map, 'capture', (part, name) => ({
      patterns: field(fields(part, name), 'patterns', list(text)),
    })),
  }
}

const leftOut: Check<RunHeader['leftOut'][number]> = (value, what) => {
  const map = fields(value, what)
  const reason = field(map, 'reason', oneOf('secret', 'too-large', 'nested-repository', 'unreadable'))
  return { path: field(map, 'path', text), reason }
}

export const runEnd: Check<RunEnd> = (value, what) => {
  const map = fields(value, what)
  return {
    status: field(map, 'status', oneOf('completed', 'failed', 'interrupted')),
    ...maybe(map, 'exitCode', number),
    ...maybe(map, 'signal', text),
    durationMs: field(map, 'durationMs', number),
    ...maybe(map, 'cpuMs', number),
    ...maybe(map, 'output', outputSummary),
  }
}

const outputSummary: Check<OutputSummary> = (value, what) => {
  const map = fields(value, what)
  return {
    sizeBytes: field(map, 'sizeBytes', count),
    lineCount: field(map, 'lineCount', count),
    keptBytes: field(map, 'keptBytes', count),
    ...maybe(map, 'headBytes', count),
  }
}

export const arg: Check<Arg> = (value, what) => {
  const map = fields(value, what)
  return {
    name: field(map, 'name', text),
    value: field(map, 'value', anyValue),
    origin: field(map, 'origin', oneOf('command-line', 'set', 'default', 'replay')),
  }
}

export const context: Check<Context> = list((value, what) => {
  const map = fields(value, what)
  return {
    loop: field(map, 'loop', text),
    pass: field(map, 'pass', count),
    index: field(map, 'index', count),
    ...maybe(map, 'label', label),
  }
})

const loopRef: Check<LoopRef> = (value, what) => {
  const map = fields(value, what)
  return { loop: field(map, 'loop', text), pass: field(map, 'pass', count) }
}

const checkpointPoint: Check<CheckpointPoint> = (value, what) => {
  const map = fields(value, what)
  const at = { context: field(map, 'context', context) }
  return field(map, 'kind', oneOf('E', 'S')) === 'E'
    ? { kind: 'E', ...at }
    : { kind: 'S', ...at, after: field(map, 'after', loopRef) }
}

export const checkpoint: Check<Checkpoint> = (value, what) => {
  const map = fields(value, what)
  return {
    point: field(map, 'point', checkpointPoint),
    files: field(map, 'files', list(checkpointFile)),
    state: field(map, 'state', bytes),
    ...maybe(map, 'generator', bytes),
    costMs: field(map, 'costMs', number),
  }
}

const checkpointFile: Check<Checkpoint['files'][number]> = (value, what) => {
  const map = fields(value, what)
  const sha256 = field(map, 'sha256', text)
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError(`${what}.sha256 is not 64 hexadecimal digits`)
  return { name: field(map, 'name', fileName), sha256, sizeBytes: field(map, 'sizeBytes', count) }
}

/** A name that stays inside its folder on every system. */
export const fileName: Check<string> = (value, what) => {
  const name = text(value, what)
  if (!/^[A-Za-z0-9_%][A-Za-z0-9_.=#%@+-]{0,1023}$/.test(name))
    throw new RangeError(`${what} is not a plain file name`)
  return name
}

/** How many iterations of one loop are read: a note that somebody made up must not fill the memory. */
const MOST_ITERATIONS = 1 << 22

/**
 * A loop's iterations lie in the document as lists `[index, label, durationMs, generator, nested]`, nested being lists
 * `[loop, pass, durationMs, iterations]`: there may be very many, all in one context. A number n in their place stands for n further iterations of
 * which nothing is known but that each followed the one before; the first of a loop has index 0.
 */
export function encodeLoopTiming(timing: LoopTiming): object {
  const iterations: unknown[] = []
  let [expected, following] = [0, 0]
  for (const { context, durationMs, generator, nested } of timing.iterations) {
    const own = context.at(-1)
    const isBare = durationMs === undefined && generator === undefined && nested.length === 0
    if (isBare && own?.index === expected && own.label === undefined) following++
    else {
      if (following > 0) iterations.push(following)
      following = 0
      const inside = nested.map((n) => [n.loop, n.pass, n.durationMs, n.iterations])
      iterations.push([own?.index ?? 0, own?.label ?? null, durationMs ?? null, generator ?? null, inside])
    }
    expected = (own?.index ?? 0) + 1
  }
  if (following > 0) iterations.push(following)
  return { ...timing, iterations }
}

export const loopTiming: Check<LoopTiming> = (value, what) => {
  const map = fields(value, what)
  const outer = field(map, 'context', context)
  const loop = { loop: field(map, 'loop', text), pass: field(map, 'pass', count) }
  const iterations: IterationTiming[] = []
  let next = 0
  for (const part of field(map, 'iterations', anyList)) {
    if (typeof part === 'number') {
      const following = count(part, `${what}.iterations`)
      if (iterations.length + following > MOST_ITERATIONS)
        throw new RangeError(`${what} has too many iterations`)
      for (let i = 0; i < following; i++) {
        iterations.push({ context: [...outer, { ...loop, index: next + i }], nested: [] })
      }
      next += following
      continue
    }
    const iteration = iterationTiming(anyList(part, what), what, outer, loop)
    iterations.push(iteration)
    next = (iteration.context.at(-1)?.index ?? -1) + 1
  }
  return {
    context: outer,
    ...loop,
    role: field(map, 'role', oneOf('outer', 'main')),
    beforeMs: field(map, 'beforeMs', number),
    ...maybe(map, 'generator', bytes),
    iterations,
    exhausted: field(map, 'exhausted', flag),
    ...maybe(map, 'generatorAfter', bytes),
  }
}

const anyList = list((item) => item)

function iterationTiming(
  [at, word, duration, state, inside]: readonly unknown[],
  what: string,
  outer: Context,
  { loop, pass }: LoopRef,
): IterationTiming {
  const index = count(at, what)
  const own =
    word === null || word === undefined
      ? { loop, pass, index }
      : { loop, pass, index, label: label(word, 'label') }
  const timing: { -readonly [K in keyof IterationTiming]?: IterationTiming[K] } = {
    context: [...outer, own],
  }
  if (duration !== null && duration !== undefined) timing.durationMs = number(duration, 'durationMs')
  if (state !== null && state !== undefined) timing.generator = bytes(state, 'generator')
  timing.nested = nestedTimings(inside, what)
  return timing as IterationTiming
}

const nestedTiming: Check<IterationTiming['nested'][number]> = (value, what) => {
  const [loop, pass, durationMs, iterations] = anyList(value, what)
  return {
    loop: text(loop, what),
    pass: count(pass, what),
    durationMs: number(durationMs, what),
    iterations: count(iterations, what),
  }
}

const nestedTimings = list(nestedTiming)

export const backfillHeader: Check<BackfillHeader> = (value, what) => {
  const map = fields(value, what)
  return {
    patched: field(map, 'patched', oid),
    level: field(map, 'level', oneOf('prefix', 'skip', 'run', 'suffix', 'full')),
    fidelity: field(map, 'fidelity', fidelity),
    ...maybe(map, 'check', checkResult),
    startedMs: field(map, 'startedMs', number),
    durationMs: field(map, 'durationMs', number),
    host: field(map, 'host', text),
    user: field(map, 'user', text),
    versions: field(map, 'versions', texts),
    names: field(map, 'names', list(text)),
    statements: field(map, 'statements', list(text)),
    executed: field(map, 'executed', list(text)),
  }
}

const checkResult: Check<CheckResult> = (value, what) => {
  const map = fields(value, what)
  return {
    status: field(map, 'status', oneOf('same', 'differs')),
    compared: field(map, 'compared', count),
    iterations: field(map, 'iterations', list(text)),
    ...maybe(map, 'reason', text),
  }
}

const fidelity: Check<Fidelity> = (value, what) => {
  const map = fields(value, what)
  return {
    status: field(map, 'status', oneOf('identical', 'within-tolerance', 'diverged', 'unchecked')),
    compared: field(map, 'compared', count),
    equal: field(map, 'equal', count),
    ...maybe(map, 'states', (part, name) => {
      const states = fields(part, name)
      return { compared: field(states, 'compared', count), equal: field(states, 'equal', count) }
    }),
    ...maybe(map, 'first', (part, name) => {
      const first = fields(part, name)
      return {
        name: field(first, 'name', text),
        context: field(first, 'context', text),
        recorded: field(first, 'recorded', anyValue),
        replayed: field(first, 'replayed', anyValue),
        ...(first.isState === true ? { isState: true as const } : {}),
      }
    }),
  }
}

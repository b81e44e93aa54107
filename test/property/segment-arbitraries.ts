import fc from 'fast-check'
import type { Label } from '../../lib/model/context.js'
import { asOid, type Oid } from '../../lib/model/oid.js'
import type { BackfillHeader, LoopTiming, RunHeader } from '../../lib/model/run.js'
import { type LogValue, Tensor } from '../../lib/model/value.js'
import type { BackfillSegment, RecordSegment, Segment, StoredColumn } from '../../lib/segment/segment.js'
import { summarize } from '../../lib/segment/summary.js'

/** Arbitrary values, columns and segments, as a run could have left them. */

export const oid: fc.Arbitrary<Oid> = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => asOid(Buffer.from(bytes).toString('hex')))

/** fast-check makes some records without a prototype; decoders make plain ones. */
function plain<T>(value: T): T {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(plain) as T
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)])) as T
}

/** Stands for an invalid date where values are compared: Node 20 takes two of them for different. */
const INVALID_DATE = Symbol('invalid date')

/** The same value with every invalid date in it replaced, so that `isDeepStrictEqual` tells what is equal. */
export function comparable(value: unknown): unknown {
  if (value instanceof Date && Number.isNaN(value.getTime())) return INVALID_DATE
  if (Array.isArray(value)) return value.map(comparable)
  if (value === null || typeof value !== 'object') return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return value
  const parts = Object.entries(value).map(([key, part]) => [key, comparable(part)] as const)
  return Object.setPrototypeOf(Object.fromEntries(parts), prototype as object | null)
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const bytes = fc.uint8Array({ maxLength: 8 })
const ms = fc.double({ min: 0, max: 1e6, noNaN: true })

const { value } = fc.letrec<{ value: LogValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.double(),
    fc.integer(),
    text,
    fc.boolean(),
    fc.constant(null),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.float64Array({ maxLength: 4 }),
    fc.uint8Array({ maxLength: 4 }),
    fc.int16Array({ maxLength: 4 }),
    fc.float32Array({ maxLength: 4 }).map((data) => new Tensor('float32', [data.length], data)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constant('__proto__'), fc.constant('constructor')), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
}))
export const logValue = value

const label: fc.Arbitrary<Label | undefined> = fc.option(fc.oneof(fc.integer(), text), { nil: undefined })

export const column: fc.Arbitrary<StoredColumn> = fc
  .record({ name: text, loops: fc.array(text, { maxLength: 3 }), rows: fc.integer({ min: 1, max: 30 }) })
  .chain(({ name, loops, rows }) => {
    const perRow = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
      fc.array(item, { minLength: rows, maxLength: rows })
    const perLoop = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.tuple(...loops.map(() => item))
    const index = fc.oneof(fc.nat({ max: 5 }), fc.nat())
    const runs = perRow(index).map((list) => Int32Array.from(list))
    const optional = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(item, { nil: undefined })
    return fc
      .record({
        indices: perLoop(runs),
        passes: perLoop(optional(runs.filter((list) => list.some((pass) => pass !== 0)))),
        labels: perLoop(optional(perRow(label).filter((list) => list.some((one) => one !== undefined)))),
        values: fc.oneof(
          perRow(fc.double()).map((list) => Float64Array.from(list)),
          perRow(fc.integer()).map((list) => Float64Array.from(list)),
          perRow(fc.float()).map((list) => Float64Array.from(list)),
          perRow(logValue).filter((list) => list.some((one) => typeof one !== 'number')),
        ),
      })
      .map(({ indices, passes, labels, values }) => ({
        name,
        contexts: { loops, count: rows, indices, passes, labels },
        values,
        summary: summarize(values),
      }))
  })

const header = (run: Oid, id: string, startedMs: number): fc.Arbitrary<RunHeader> =>
  fc.record(
    {
      id: fc.constant(id),
      run: fc.constant(run),
      base: oid,
      clean: fc.boolean(),
      branch: text,
      script: text,
      argv: fc.array(text, { maxLength: 3 }),
      cwd: text,
      startedMs: fc.constant(startedMs),
      versions: fc.dictionary(
        fc.string({ minLength: 1, maxLength: 3 }).filter((key) => key !== '__proto__'),
        text,
        { maxKeys: 2, noNullPrototype: true },
      ),
      host: text,
      user: text,
      pid: fc.nat(),
      leftOut: fc.array(
        fc.record({ path: text, reason: fc.constantFrom('secret', 'too-large', 'nested-repository') }),
        { maxLength: 2 },
      ),
      generator: bytes,
      observed: fc.boolean(),
      capture: fc.record({ patterns: fc.array(text, { maxLength: 3 }) }, { noNullPrototype: true }),
    },
    {
      requiredKeys: [
        'id',
        'run',
        'clean',
        'argv',
        'cwd',
        'startedMs',
        'versions',
        'host',
        'user',
        'pid',
        'leftOut',
      ],
    },
  )

const timeline: fc.Arbitrary<LoopTiming> = fc
  .record({
    loop: text,
    pass: fc.nat({ max: 2 }),
    iterations: fc.array(
      fc.record(
        {
          durationMs: ms,
          generator: bytes,
          nested: fc.array(fc.record({ loop: text, pass: fc.nat(), durationMs: ms, iterations: fc.nat() }), {
            maxLength: 2,
          }),
        },
        { requiredKeys: ['nested'] },
      ),
      { maxLength: 4 },
    ),
    exhausted: fc.boolean(),
  })
  .map(({ loop, pass, iterations, exhausted }) => ({
    context: [],
    loop,
    pass,
    role: 'main',
    beforeMs: 1.5,
    exhausted,
    iterations: iterations.map((rest, index) => ({ context: [{ loop, pass, index }], ...rest })),
  }))

export const recordSegmentOf = (run: Oid, id: string, startedMs = 1000): fc.Arbitrary<RecordSegment> =>
  fc
    .record({
      v: fc.constant(1 as const),
      id: fc.constant(id),
      run: fc.constant(run),
      kind: fc.constant('record' as const),
      columns: fc.array(column, { maxLength: 4 }),
      header: header(run, id, startedMs),
      end: fc.record(
        {
          status: fc.constantFrom('completed', 'failed', 'interrupted'),
          exitCode: fc.nat(),
          signal: text,
          durationMs: ms,
          cpuMs: ms,
          output: fc.record(
            { sizeBytes: fc.nat(), lineCount: fc.nat(), keptBytes: fc.nat(), headBytes: fc.nat() },
            { requiredKeys: ['sizeBytes', 'lineCount', 'keptBytes'], noNullPrototype: true },
          ),
        },
        { requiredKeys: ['status', 'durationMs'] },
      ),
      args: fc.array(fc.record({ name: text, value: logValue, origin: fc.constantFrom('default', 'set') }), {
        maxLength: 3,
      }),
      seeds: fc.array(logValue, { maxLength: 1 }),
      timeline: fc.array(timeline, { maxLength: 2 }),
      checkpoints: fc.array(
        fc.record({
          point: fc.constantFrom(
            { kind: 'E' as const, context: [{ loop: 'epoch', pass: 0, index: 1, label: 'one' }] },
            { kind: 'S' as const, context: [], after: { loop: 'step', pass: 1 } },
          ),
          files: fc.constant([{ name: 'model.safetensors', sha256: 'ab'.repeat(32), sizeBytes: 10 }]),
          state: bytes,
          costMs: ms,
        }),
        { maxLength: 2 },
      ),
      warnings: fc.array(text, { maxLength: 2 }),
    })
    .map(plain)

export const backfillSegmentOf = (run: Oid, id: string): fc.Arbitrary<BackfillSegment> =>
  fc
    .record({
      v: fc.constant(1 as const),
      id: fc.constant(id),
      run: fc.constant(run),
      kind: fc.constant('backfill' as const),
      columns: fc.array(column, { maxLength: 3 }),
      backfill: fc.record<BackfillHeader>({
        patched: oid,
        level: fc.constantFrom('run', 'skip', 'prefix'),
        fidelity: fc.record(
          {
            status: fc.constantFrom('identical', 'diverged'),
            compared: fc.nat(),
            equal: fc.nat(),
            first: fc.record({ name: text, context: text, recorded: logValue, replayed: logValue }),
          },
          { requiredKeys: ['status', 'compared', 'equal'] },
        ) as fc.Arbitrary<BackfillHeader['fidelity']>,
        startedMs: fc.nat(),
        durationMs: ms,
        host: text,
        user: text,
        versions: fc.constant({ node: '20' }),
        names: fc.array(text, { maxLength: 2 }),
        statements: fc.constant(['epoch=1']),
        executed: fc.constant(['epoch=1']),
      }),
    })
    .map(plain)

export const segment: fc.Arbitrary<Segment> = fc
  .tuple(oid, fc.uuid())
  .chain(([run, id]) => fc.oneof(recordSegmentOf(run, id), backfillSegmentOf(run, id)))

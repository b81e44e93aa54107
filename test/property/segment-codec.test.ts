import { isDeepStrictEqual } from 'node:util'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { test } from 'tap'
import type { Segment } from '../../lib/segment/segment.js'
import { decodeExternal, decodeSegments, encodeSegment } from '../../lib/segment/segment-codec.js'
import { decodeDocument, decodeValue, encodeValue } from '../../lib/segment/value-codec.js'
import { comparable, logValue, segment } from './segment-arbitraries.js'

const noteOf = (segments: readonly Segment[]): Buffer =>
  Buffer.concat(segments.map((one) => encodeSegment(one).note))

/** -0, NaN and invalid dates count as themselves, prototypes and types too. */
const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(comparable(a), comparable(b))

test('a value survives', async () => {
  fc.assert(
    fc.property(logValue, (value) => same(decodeValue(encodeValue(value)), value)),
    { numRuns: 1000 },
  )
})

test('an invalid date survives, and is no other date', async (t) => {
  const [invalid, valid] = [new Date(Number.NaN), new Date(0)]
  t.ok(same(decodeValue(encodeValue([invalid, { at: invalid }])), [invalid, { at: invalid }]))
  t.notOk(same([invalid], [valid]))
  t.notOk(same([invalid], [Number.NaN]))
})

test('segments survive, whatever white space merging puts between and takes from them', async () => {
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 3 }),
      fc.array(fc.constantFrom('', '\n', '\n\n', ' \r\n')),
      (segments, gaps) => {
        const note = Buffer.concat(
          segments.flatMap((one, i) => [Buffer.from(gaps[i] ?? '\n'), encodeSegment(one).note]),
        )
        const { segments: back, quarantined } = decodeSegments(note)
        return quarantined.length === 0 && same(back, segments)
      },
    ),
    { numRuns: 60 },
  )
})

test('a segment never begins or ends with a byte that note merging touches', async () => {
  fc.assert(
    fc.property(segment, (one) => encodeSegment(one).note.at(-1) === 0xff && noteOf([one])[0] === 0x89),
    { numRuns: 40 },
  )
})

test('columns that do not fit lie outside and come back from there', async () => {
  fc.assert(
    fc.property(segment, fc.nat({ max: 3000 }), (one, noteBudgetBytes) => {
      const { note, external } = encodeSegment(one, { noteBudgetBytes })
      const back = decodeSegments(note).segments[0] as Segment
      const columns = back.columns.map((column) => {
        if (!('file' in column)) return column
        return decodeExternal(external.find(({ file }) => file === column.file)?.data as Uint8Array)
      })
      return same({ ...back, columns }, one)
    }),
    { numRuns: 60 },
  )
})

test('arbitrary bytes never throw anything but a RangeError, and notes of them nothing at all', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 60 }).map((tail) => Uint8Array.of(0x89, 0x46, 0x4c, 0x4f, 0x52, ...tail)),
  )
  fc.assert(
    fc.property(bytes, (data) => {
      decodeSegments(data)
      for (const decode of [decodeDocument, decodeExternal]) {
        try {
          decode(data)
        } catch (error) {
          if (!(error instanceof RangeError)) throw error
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a damaged segment takes no other with it', async () => {
  fc.assert(
    fc.property(
      segment,
      segment,
      segment,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (a, b, c, place, flip) => {
        const damaged = Buffer.from(encodeSegment(b).note)
        const at = place % damaged.length
        damaged[at] = (damaged[at] as number) ^ flip
        const { segments, quarantined } = decodeSegments(Buffer.concat([noteOf([a]), damaged, noteOf([c])]))
        return quarantined.length > 0 && same(segments, [a, c])
      },
    ),
    { numRuns: 60 },
  )
})

test('a note cut short gives the segments before the cut', async () => {
  fc.assert(
    fc.property(segment, segment, fc.nat(), (a, b, place) => {
      const first = noteOf([a])
      const whole = noteOf([a, b])
      const cut = first.length + 1 + (place % (whole.length - first.length - 1))
      const { segments, quarantined } = decodeSegments(whole.subarray(0, cut))
      return same(segments, [a]) && quarantined.length === 1
    }),
    { numRuns: 60 },
  )
})

test('a hostile document behind a right checksum throws nothing', async () => {
  fc.assert(
    fc.property(
      segment,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      (one, edits) => {
        const note = Buffer.from(encodeSegment(one).note)
        const payload = note.subarray(13, -1)
        for (const [place, byte] of edits) payload[place % payload.length] = byte
        note.writeUInt32LE(crc32(payload), 9)
        const { segments, quarantined } = decodeSegments(note)
        return segments.length + quarantined.length === 1
      },
    ),
    { numRuns: 300 },
  )
})

import fc from 'fast-check'
import t from 'tap'
import { decodeOutput, encodeOutput, OutputKeeper } from '../../../lib/segment/kept-output.js'

function keep(lines: readonly string[], limits: { bytes: number; lines: number }) {
  const keeper = new OutputKeeper(limits)
  for (const line of lines) {
    const block = Buffer.from(`${line}\n`)
    keeper.count(block.length)
    keeper.push(block, 1)
  }
  return keeper.finish()
}

const textOf = (kept: { readonly text: Uint8Array }): string => Buffer.from(kept.text).toString()

t.test('an output within the limits is kept whole', async (t) => {
  const kept = keep(['a', 'b', 'c'], { bytes: 100, lines: 100 })
  t.equal(textOf(kept), 'a\nb\nc\n')
  t.match(kept, { sizeBytes: 6, lineCount: 3, keptBytes: 6, headBytes: undefined })
})

t.test('of a longer one the beginning and the end are kept, in whole lines', async (t) => {
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}`)
  const byLines = keep(lines, { bytes: 1e6, lines: 4 })
  t.equal(textOf(byLines), 'line 0\nline 1\nline 998\nline 999\n')
  t.equal(byLines.headBytes, 14)
  t.equal(byLines.lineCount, 1000)
  const byBytes = keep(lines, { bytes: 40, lines: 1e6 })
  t.equal(textOf(byBytes), 'line 0\nline 1\nline 998\nline 999\n')
})

t.test('a block of many lines is cut where the beginning is full', async (t) => {
  const keeper = new OutputKeeper({ bytes: 12, lines: 100 })
  keeper.push(Buffer.from('1\n2\n3\n4\n5\n6\n7\n8\n9\n'), 9)
  t.equal(textOf(keeper.finish()), '1\n2\n3\n7\n8\n9\n')
})

/** Whether a tail is the end of a single line, which did not fit as a whole, and as much of it as fits. */
const isInOneLine = (tail: string, bytes: number): boolean =>
  tail.indexOf('\n') === tail.length - 1 && Buffer.byteLength(tail) > bytes / 2 - 3

t.test('a line that is too long is cut at a character', async (t) => {
  for (const bytes of [30, 31, 32, 33, 34, 35]) {
    const kept = keep(['first', `a${'é'.repeat(20)}`, `${'🙂'.repeat(10)}x`], { bytes, lines: 2 })
    t.notMatch(textOf(kept), /\ufffd/)
    t.match(textOf(kept), /🙂x\n$/u)
  }
})

t.test('whatever is printed, what is kept is its beginning and its end, within the limits', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 12 })
  const limits = fc.record({
    bytes: fc.integer({ min: 30, max: 200 }),
    lines: fc.integer({ min: 2, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), limits, (lines, limit) => {
      const kept = keep(lines, limit)
      const whole = lines.map((it) => `${it}\n`).join('')
      const text = textOf(kept)
      if (kept.headBytes === undefined) return text === whole
      const head = Buffer.from(kept.text.subarray(0, kept.headBytes)).toString()
      const tail = Buffer.from(kept.text.subarray(kept.headBytes)).toString()
      return (
        whole.startsWith(head) &&
        whole.endsWith(tail) &&
        (head === '' || head.endsWith('\n')) &&
        (tail === '' || whole.at(-tail.length - 1) === '\n' || isInOneLine(tail, limit.bytes)) &&
        kept.text.length <= limit.bytes &&
        text.split('\n').length - 1 <= limit.lines
      )
    }),
  )
})

t.test('a kept output is read back as it was, and nothing else is taken for one', async (t) => {
  for (const limits of [
    { bytes: 100, lines: 100 },
    { bytes: 4, lines: 2 },
  ]) {
    const kept = keep(['a', 'b', 'c', 'd'], limits)
    const read = decodeOutput(encodeOutput(kept))
    t.strictSame({ ...read, text: textOf(read) }, { ...kept, text: textOf(kept) })
  }
  t.throws(() => decodeOutput(Buffer.from('x')), RangeError)
  t.throws(() => decodeOutput(encodeOutput({ sizeBytes: -1, lineCount: 0, keptBytes: 0, text: Buffer.of() })))
})

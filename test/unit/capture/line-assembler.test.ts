import fc from 'fast-check'
import t from 'tap'
import { LineAssembler } from '../../../lib/capture/line-assembler.js'
import { plainText } from '../../../lib/capture/plain-text.js'

function linesOf(pieces: readonly (Buffer | string)[], maxBytes?: number): string[] {
  const assembler = new LineAssembler(maxBytes)
  const lines: string[] = []
  for (const piece of pieces) {
    assembler.push(Buffer.from(piece), (block) => {
      const texts = block.bytes.toString().split('\n')
      if (texts.length !== block.lineCount) throw new Error(`${texts.length} lines, not ${block.lineCount}`)
      lines.push(...texts)
    })
  }
  const rest = assembler.finish()
  return rest === undefined ? lines : [...lines, `${rest.bytes.toString()}…`]
}

t.test('of the states of a progress bar the last one is the line', async (t) => {
  t.strictSame(linesOf(['\r 10%', '\r 50%\r100%\ndone\n']), ['100%', 'done'])
  t.strictSame(linesOf(['a\r\nb\r\r\nc']), ['a', 'b', 'c…'], 'a terminal ends lines with returns')
  t.strictSame(linesOf(['a\r', '\n', 'b\r', 'c\n']), ['a', 'c'], 'whatever the pieces are')
})

t.test('a character that is split over two pieces is whole in its line', async (t) => {
  const bytes = Buffer.from('größe=1\n')
  t.strictSame(linesOf([...bytes].map((byte) => Buffer.of(byte))), ['größe=1'])
})

t.test('a line without an end takes no more memory than its limit', async (t) => {
  t.strictSame(linesOf(['abc', 'def', 'ghi\nx\n'], 4), ['abcd', 'x'])
})

t.test('lines do not depend on how their bytes come in', async (t) => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', 'é'), maxLength: 40 })
  fc.assert(
    fc.property(text, fc.array(fc.nat(45)), (output, cuts) => {
      const bytes = Buffer.from(output)
      const places = [0, ...cuts.filter((it) => it < bytes.length).sort((a, b) => a - b), bytes.length]
      const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
      const simple = output
        .split('\n')
        .map(
          (line, i, all) => line.replace(/\r+$/, '').split('\r').at(-1) + (i === all.length - 1 ? '…' : ''),
        )
      if (simple.at(-1) === '…') simple.pop()
      t.strictSame(linesOf(pieces), simple)
    }),
  )
})

t.test('colours, cursor movements and backspaces are taken out', async (t) => {
  t.equal(plainText('\x1b[1m313/313\x1b[0m \x1b[32m━━\x1b[0m\x1b[K loss'), '313/313 ━━ loss')
  t.equal(plainText('\x1b]8;;http://x\x07link\x1b]8;;\x07'), 'link')
  t.equal(plainText('abc\b\b\bxyz'), 'xyz')
})

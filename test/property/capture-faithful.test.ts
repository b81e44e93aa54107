import fc from 'fast-check'
import t from 'tap'
import { Capturer, EVERY_PATTERN } from '../../lib/capture/capturer.js'
import { parsePrintedNumber } from '../../lib/capture/printed-number.js'
import type { FoundValue } from '../../lib/capture/reading.js'

/** What lines are made of, so that they come near to saying something. */
const piece = fc.constantFrom(
  ...'Epoch 3|epoch=4|Step: 7|[Epoch 2]|step 5/10|batch 3|INFO:root:|ERROR - |[12:00:01] |2026-11-26 10:00:01,5 - train - INFO - '.split(
    '|',
  ),
  ...'loss|val loss|acc|best|train|val|lr|µ|Δloss|prev loss|time|took|MeanSquaredError|ValueError'.split('|'),
  ...' |  |\t|, |; | - | -> |(|)| (|) |[|]|: |:|=| = |   : '.split('|'),
  ...'0.5|-1e-3|3|.5|1e400|nan|-inf|12345678901234567890|97.5%|5ms|1,234|3/10|0.5 -> 0.3|±0.1| (0.4)|12:30:01|0x1F'.split(
    '|',
  ),
  ...'{"loss": 0.5}|{\'a\': 1e400, "b": nan}|{"level":"info","msg":"loss=0.25"}|100%|████| 8/8 [00:01<00:00, 2.1it/s]|tensor(0.3)|✨|😀='.split(
    '|',
  ),
  '|',
)
const chaos = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))

const word = (words: string): fc.Arbitrary<string> => fc.constantFrom(...words.split('|'))
const field = fc
  .tuple(
    word('loss|loss|acc|val loss|best|time|Δloss|lr'),
    word('=|: | = | '),
    word('0.5|0.25|3|-1e-3|nan|97.5%|5ms|1,234|1e400'),
    word(', | | - |  | (best 0.2) | -> | (epoch 3) | ✨ |; prev '),
  )
  .map((parts) => parts.join(''))
const usual = fc
  .tuple(
    word('|INFO:root:|[12:00:01] |10:00:01 - x - INFO - '),
    word('|Epoch 3 |Epoch 4: |step 5, '),
    fc.array(field, { maxLength: 4 }),
  )
  .map(([prefix, place, fields]) => `${prefix}${place}${fields.join('')}`)
const line = fc.oneof(usual, chaos)

/** Whether the value is what stands at its place, and its name consists of words of the line. */
function isPrinted(text: string, { name, value, start, end }: FoundValue): boolean {
  const printed = text.slice(start, end)
  const number = parsePrintedNumber(printed.replace(/ ?%$/, ''))
  const isSame = number === undefined ? printed.toLowerCase() === String(value) : Object.is(number, value)
  return isSame && name.split(/[_.]/).every((word) => text.toLowerCase().includes(word.toLowerCase()))
}

t.test('each value is what the line prints at its place, under words of that line', async (t) => {
  let valueCount = 0
  fc.assert(
    fc.property(line, (text) => {
      const [captured] = new Capturer(EVERY_PATTERN).lines([text])
      valueCount += captured?.values.length ?? 0
      return captured?.values.every((value) => isPrinted(captured.text, value)) ?? true
    }),
    { numRuns: 3000 },
  )
  t.ok(valueCount > 500, `the lines say something: ${valueCount} values`)
})

t.test('no name is taken twice out of a line, and a second value of one takes it away', async () => {
  fc.assert(
    fc.property(line, (text) => {
      const [captured] = new Capturer(EVERY_PATTERN).lines([text])
      const values = captured?.values ?? []
      // A part of the training would go before the name that is added.
      fc.pre(!/train|val/.test(text))
      if (new Set(values.map(({ name }) => name)).size !== values.length) return false
      return values
        .filter(({ pattern, name }) => pattern === 'pairs' && !name.includes('_'))
        .every(({ name }) => {
          const [again] = new Capturer(EVERY_PATTERN).lines([`${text}, ${name}=0.125 -> ${name}=0.25`])
          return again?.values.every((value) => value.name !== name)
        })
    }),
    { numRuns: 2000 },
  )
})

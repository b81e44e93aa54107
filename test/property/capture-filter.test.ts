import fc from 'fast-check'
import t from 'tap'
import { type CapturedLine, Capturer, contextOf, EVERY_PATTERN } from '../../lib/capture/capturer.js'
import { formatContext } from '../../lib/model/context.js'

/** What lines are made of: every sign that the patterns know, in good and bad company. */
const piece = fc.constantFrom(
  ...'epoch|Epoch |EPOCH|ep |Ep 3|step|global_step|global step |iter |iteration|round|batch |fold 2|trial|profit |first |strip |shift'.split(
    '|',
  ),
  ...' |  |   |\t|| |\u00a0|\u2003|\v'.split('|'),
  ...'=|:|= |: |=-|: +|=nan|=NaN|:inf|: Inf|=x|:\u00a0'.split('|'),
  ...'1|2|30|0.5|-1e-3|.5|3/10|10%|12:30:01|2026-11-26 '.split('|'),
  ...'{"loss": 0.5}|{\'a\': 1}|{"epoch": 2}|}|} |{|[1]\ttrain-loss:0.5|[3'.split('|'),
  ...'loss|acc|val_loss|time|train|Training |finished|fit |done|optimization |Stopped training'.split('|'),
  ...'Traceback (most recent call last):|  File "a.py", line 3|ValueError: 3|    at x:1:2'.split('|'),
  ...'\x1b[31m|\x1b[0m|\b|é|漢|😀|\u009b1m|\r'.split('|'),
  'epoch  train_loss  time\n1  0.5  3.2\n2  0.25  3.1\n',
  'Epoch 1/2\n',
)
const output = fc
  .array(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    { maxLength: 12 },
  )
  .map((lines) => lines.join('\n'))

const taken = (lines: readonly CapturedLine[]): string[] =>
  lines.flatMap((line) =>
    line.values.map((found) => `${formatContext(contextOf(line, found))} ${found.name}=${found.value}`),
  )

t.test(
  'passing over lines without looking at their text takes the same values out of an output',
  async () => {
    fc.assert(
      fc.property(fc.array(output, { minLength: 1, maxLength: 4 }), (blocks) => {
        const [plain, filtered] = [new Capturer(EVERY_PATTERN), new Capturer(EVERY_PATTERN)]
        const expected = blocks.flatMap((block) =>
          taken(plain.lines(Buffer.from(block).toString().split('\n'))),
        )
        const found = blocks.flatMap((block) => taken(filtered.block(Buffer.from(block))))
        return JSON.stringify(found) === JSON.stringify(expected)
      }),
      { numRuns: 1000 },
    )
  },
)

t.test('what is passed over is most of an output that says nothing, and never read', async (t) => {
  const capturer = new Capturer(EVERY_PATTERN)
  const silent = Array.from({ length: 1000 }, (_, i) => `item ${i} of the corpus, profit first`).join('\n')
  t.equal(capturer.block(Buffer.from(silent)).length, 0)
  t.equal(capturer.block(Buffer.from(`${silent}\nEpoch 3\n${silent}\nloss: 0.5`)).length, 2)
  t.equal(capturer.valueCount, 1)
})

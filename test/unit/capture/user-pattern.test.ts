import t from 'tap'
import { Capturer } from '../../../lib/capture/capturer.js'
import { compilePattern } from '../../../lib/capture/user-pattern.js'
import { take } from './take.js'

const own = (...patterns: string[]) => ({
  patterns: ['pairs'] as const,
  own: patterns.map((it) => compilePattern(it)),
})

t.test("named groups of the user's own patterns are values, loops and names", async (t) => {
  t.strictSame(
    take('perplexity of 12.5 at 300', own(String.raw`perplexity of (?<ppl>\S+) at (?<step>\d+)`)),
    ['step=300 ppl=12.5'],
  )
  t.strictSame(take('BLEU -> 31, ROUGE -> 0.4', own(String.raw`(?<name>\w+) -> (?<value>[\d.]+)`)), [
    'BLEU=31',
    'ROUGE=0.4',
  ])
  t.strictSame(take('STAGE two', own('/stage (?P<stage>\\w+)/i')), ['stage=two'], 'text is text')
  t.strictSame(
    take('n is 1,234', own('n is (?<n>\\S+)')),
    ['n=1,234'],
    'no guess is made of groups of digits',
  )
})

t.test('a line that a pattern of the user matches is not read in another way, others are', async (t) => {
  t.strictSame(take('loss=1 x=2\nloss=3', own('x=(?<y>\\d)')), ['y=2', 'loss=3'])
})

t.test('a pattern that is no regular expression, or takes nothing, is refused', async (t) => {
  t.throws(() => compilePattern('(?<a>'), { code: 'CONFIG_INVALID', data: { value: '(?<a>' } })
  t.throws(() => compilePattern('loss (\\d+)'), { code: 'CONFIG_INVALID' })
  t.throws(() => compilePattern('(?<epoch>\\d+) (?<name>x)'), { code: 'CONFIG_INVALID' })
})

t.test('a pattern that takes forever is dropped with one warning, and the others go on', async (t) => {
  const told: string[] = []
  const settings = own('^(?<x>(?:a+)+)$', 'loss (?<loss>\\S+)')
  const capturer = new Capturer(settings, (text) => told.push(text))
  const evil = `${'a'.repeat(60)}!`
  const startedMs = performance.now()
  const lines = capturer.lines(['loss 1', evil, 'loss 2', evil])
  t.ok(performance.now() - startedMs < 5000)
  t.strictSame(
    lines.flatMap((it) => it.values.map((found) => found.value)),
    [1, 2],
  )
  t.match(told, [/takes too long/])
  t.equal(told.length, 1)
  t.equal(capturer.lines(['loss 3'])[0]?.values[0]?.value, 3)
})

t.test('names and values are limited, with one warning', async (t) => {
  const told: string[] = []
  const capturer = new Capturer({ patterns: ['pairs'], own: [] }, (text) => told.push(text))
  capturer.lines(Array.from({ length: 400 }, (_, i) => `name_${i}=${i}`))
  t.equal(capturer.valueCount, 256)
  t.match(told, [/more than 256 names/])
})

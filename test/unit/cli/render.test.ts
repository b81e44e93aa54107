import t from 'tap'
import {
  counted,
  formatCount,
  formatExactNumber,
  formatNumber,
  formatSize,
} from '../../../lib/cli/render/number.js'
import { sanitizeJson, sanitizeLine } from '../../../lib/cli/render/sanitize.js'
import { sparkline } from '../../../lib/cli/render/sparkline.js'
import { formatDuration, relativeTime } from '../../../lib/cli/render/time.js'
import { formatAssignment, formatValue } from '../../../lib/cli/render/value.js'
import {
  displayWidth,
  isolate,
  padEnd,
  padStart,
  truncate,
  truncateStart,
} from '../../../lib/cli/render/width.js'
import { wrapParts, wrapProse } from '../../../lib/cli/render/wrap.js'
import { Tensor } from '../../../lib/model/value.js'

t.test('numbers keep their significant digits and lose meaningless zeros', async (t) => {
  const cases: [number, number, string][] = [
    [0.083, 3, '0.083'],
    [2.3099, 3, '2.31'],
    [0.1 + 0.2, 4, '0.3'],
    [12345.678, 4, '12346'],
    [1234567.8, 4, '1.235e6'],
    [0.00001234, 3, '1.23e-5'],
    [42, 3, '42'],
    [1e21, 3, '1e21'],
    [Number.NaN, 3, 'NaN'],
    [Number.POSITIVE_INFINITY, 3, 'inf'],
    [Number.NEGATIVE_INFINITY, 3, '-inf'],
    [-0, 3, '-0'],
    [-0.5, 3, '-0.5'],
    [999.96, 4, '1000'],
    [100.5, 3, '101'],
  ]
  for (const [value, digits, text] of cases) t.equal(formatNumber(value, digits), text)
})

t.test('exact numbers read back as themselves', async (t) => {
  for (const value of [0.1 + 0.2, 1e-7, 5e-324, 123456789012345680000, -0.1, 1e21]) {
    t.equal(Number(formatExactNumber(value)), value)
  }
  t.equal(formatExactNumber(-0), '-0')
})

t.test('counts and sizes', async (t) => {
  t.equal(formatCount(1234567), '1,234,567')
  t.equal(formatCount(12), '12')
  t.equal(counted(1, 'run'), '1 run')
  t.equal(counted(1200, 'run'), '1,200 runs')
  t.equal(formatSize(512), '512 B')
  t.equal(formatSize(1536), '1.5 KiB')
  t.equal(formatSize(50 * 1024 ** 2), '50 MiB')
})

t.test('times are told in the words of git', async (t) => {
  const now = Date.UTC(2026, 10, 23)
  const ago = (seconds: number): string => relativeTime(now - seconds * 1000, now)
  t.equal(ago(1), '1 second ago')
  t.equal(ago(89), '89 seconds ago')
  t.equal(ago(7200), '2 hours ago')
  t.equal(ago(35 * 3600), '35 hours ago')
  t.equal(ago(3 * 86400), '3 days ago')
  t.equal(ago(20 * 86400), '3 weeks ago')
  t.equal(ago(100 * 86400), '3 months ago')
  t.equal(ago(430 * 86400), '1 year, 2 months ago')
  t.equal(ago(3000 * 86400), '8 years ago')
  t.equal(ago(-10), 'in the future')
})

t.test('durations', async (t) => {
  t.equal(formatDuration(350), '350ms')
  t.equal(formatDuration(4234), '4.2s')
  t.equal(formatDuration(41_000), '41s')
  t.equal(formatDuration(72_000), '1m12s')
  t.equal(formatDuration(7_500_000), '2h05m')
  t.equal(formatDuration(76 * 3_600_000), '3d04h')
  t.equal(formatDuration(Number.NaN), '?')
})

t.test('a sparkline spans its finite values and leaves gaps where there are none', async (t) => {
  t.equal(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8), '▁▂▃▄▅▆▇█')
  t.equal(sparkline([8, 1], 8), '█▁')
  t.equal(sparkline([1, Number.NaN, 2], 8), '▁ █')
  t.equal(sparkline([1, 2, Number.NaN, Number.NaN], 8), '▁█')
  t.equal(sparkline([3, 3, 3], 8), '▄▄▄')
  t.equal(sparkline([Number.NaN], 8), '')
  t.equal(sparkline([], 8), '')
  t.equal(
    sparkline(
      Float64Array.from({ length: 64 }, (_, i) => i),
      4,
    ).length,
    4,
  )
  t.equal(sparkline([0, Number.POSITIVE_INFINITY, 1], 3), '▁ █')
})

t.test('control characters of stored text never reach the terminal', async (t) => {
  t.equal(sanitizeLine('a\u001b[31mb\u0007\n\u009b\u202e'), 'a\\e[31mb\\x07\\n\\x9b\\u202e')
  t.equal(sanitizeLine('\ud800x'), '\ufffdx')
  t.equal(sanitizeLine('größe 模型 🙂'), 'größe 模型 🙂')
  const json = sanitizeJson(JSON.stringify('\u009b\u202e\u001b'))
  t.notMatch(json, /[\u0080-\u009f\u202e\u001b]/)
  t.equal(JSON.parse(json), '\u009b\u202e\u001b')
})

t.test('widths count columns, not characters', async (t) => {
  t.equal(displayWidth('abc'), 3)
  t.equal(displayWidth('→ █▁ ✗ …'), 8)
  t.equal(displayWidth('模型'), 4)
  t.equal(displayWidth('👩‍👩‍👧'), 2)
  t.equal(displayWidth('e\u0301'), 1)
  t.equal(truncate('gradient_norm', 8), 'gradien…')
  t.equal(truncate('模型模型', 5), '模型…')
  t.equal(truncate('abc', 3), 'abc')
  t.equal(truncate('abc', 0), '')
  t.equal(padStart('模', 4), '  模')
  t.equal(padEnd('模', 4), '模  ')
})

t.test('text that is written from right to left stays in its place, and takes no more columns', async (t) => {
  t.equal(isolate('plain, 模型, 🙂'), 'plain, 模型, 🙂')
  for (const text of ['שלום', 'x مرحبا', '\u{10900}']) {
    t.equal(isolate(text), `\u2068${text}\u2069`)
    t.equal(displayWidth(isolate(text)), displayWidth(text))
  }
  t.equal(truncate(isolate('שלום עולם'), 5), '\u2068שלום\u2069…', 'what is cut is closed')
  t.equal(sanitizeLine('\u200f\u2068a'), '\\u200f\\u2068a', 'stored marks are shown, not obeyed')
})

t.test('text is cut at its beginning as well', async (t) => {
  t.equal(truncateStart('gradient_norm', 8), '…nt_norm')
  t.equal(truncateStart('abc', 3), 'abc')
  t.equal(truncateStart('模型模型', 4), '…型')
  t.equal(truncateStart('模型模型', 5), '…模型')
  t.equal(truncateStart('abc', 0), '')
})

t.test('values are shown in one line', async (t) => {
  t.equal(formatValue('two\nlines'), 'two\\nlines')
  t.equal(formatValue(null), 'null')
  t.equal(formatValue(undefined), '')
  t.equal(formatValue(12345678901234567890n), '12345678901234567890')
  t.equal(formatValue(new Date(0)), '1970-01-01T00:00:00.000Z')
  t.equal(formatValue(new Date(Number.NaN)), 'invalid date')
  t.equal(formatValue(new Tensor('float32', [2, 3], new Float32Array(6))), 'float32[2×3]')
  t.equal(formatValue(new Int32Array(4)), 'Int32Array[4]')
  t.equal(formatValue([1, 'a', { b: 0.5 }]), '[1, a, {b: 0.5}]')
  t.ok(formatValue('x'.repeat(10_000_000)).length < 500, 'long texts are cut')
  t.ok(formatValue(Array.from({ length: 1000 }, (_, i) => i)).length < 500)
})

t.test('assignments can be typed again', async (t) => {
  t.equal(formatAssignment('lr', 0.001), 'lr=0.001')
  t.equal(formatAssignment('opt', 'adam'), 'opt=adam')
  t.equal(formatAssignment('note', 'two words'), 'note="two words"')
  t.equal(formatAssignment('note', ''), 'note=""')
})

t.test('parts are wrapped whole, prose at blanks', async (t) => {
  const parts = ['aaaa', 'bbbb', 'cccc'].map((text) => ({ text }))
  t.strictSame(wrapParts(parts, { columns: 12, indent: '  ', separator: ' ' }), ['  aaaa bbbb', '  cccc'])
  t.strictSame(wrapProse('one two three', 8), ['one two', 'three'])
  t.strictSame(wrapProse('', 8), [])
})

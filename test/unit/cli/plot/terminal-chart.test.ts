import t from 'tap'
import { charsetOf } from '../../../../lib/cli/plot/charset.js'
import type { Chart, Line } from '../../../../lib/cli/plot/chart.js'
import { drawChart } from '../../../../lib/cli/plot/terminal-chart.js'
import { COLOURED, PLAIN } from '../../../../lib/cli/render/style.js'
import { displayWidth } from '../../../../lib/cli/render/width.js'

const line = (colour: number, y: readonly number[]): Line => ({
  label: `run ${colour}`,
  colour,
  x: Float64Array.from(y, (_, i) => i),
  y: Float64Array.from(y),
})

const chartOf = (lines: readonly Line[], more: Partial<Chart> = {}): Chart => ({
  title: 'loss',
  xLabel: 'epoch',
  isXWhole: true,
  isLog: false,
  panels: [{ title: 'loss', lines }],
  legend: lines.map(({ colour, label }) => ({ colour, label })),
  ...more,
})

const falling = [4, 2, 1, 0.5, 0.25]

t.test('a falling curve in 40 columns, in braille', async (t) => {
  const lines = drawChart(chartOf([line(0, falling)]), {
    columns: 40,
    rows: 10,
    charset: 'braille',
    style: PLAIN,
  })
  t.strictSame(lines, [
    'loss                            x: epoch',
    '4 ┤⠑⠢⣀',
    '  │   ⠑⠢⣀',
    '  │      ⠑⠢⣀',
    '2 ┤         ⠉⠒⠢⠤⣀⣀',
    '  │               ⠉⠑⠒⠤⠤⣀⣀⣀',
    '  │                       ⠉⠉⠉⠒⠒⠒⠒⠤⠤⠤⠤⢄⣀⣀',
    '  └┬─────────────────┬─────────────────┬',
    '   0                 2                 4',
    '  ━━ run 0',
  ])
})

t.test('two curves in 80 columns, without colour', async (t) => {
  const chart = chartOf([line(0, falling), line(1, [0, 1, 2, 3, 4])])
  t.strictSame(drawChart(chart, { columns: 80, rows: 12, charset: 'braille', style: PLAIN }), [
    'loss                                                                    x: epoch',
    '4 ┤⠉⠒⠤⣀⡀                                                               ⢀⣀⣀⠤⠤⠒⠒⠊b',
    '  │    ⠈⠑⠒⠤⣀                                                  ⣀⣀⡠⠤⠔⠒⠒⠉⠉⠁',
    '  │         ⠉⠑⠢⢄⣀                                   ⢀⣀⣀⠤⠤⠒⠒⠊⠉⠉',
    '  │              ⠉⠒⠢⢄⡀                     ⣀⣀⡠⠤⠔⠒⠒⠉⠉⠁',
    '2 ┤                  ⠈⠉⠑⠒⠒⠢⠤⠤⣀⣀⣀⣀⣀⣀⠤⠤⠔⠒⠒⠊⠉⠉',
    '  │                  ⣀⣀⡠⠤⠤⠔⠒⠒⠉⠉⠉⠉⠉⠉⠒⠒⠢⠤⠤⢄⣀⣀⣀',
    '  │        ⢀⣀⣀⠤⠤⠔⠒⠊⠉⠉                       ⠉⠉⠉⠉⠉⠒⠒⠒⠒⠢⠤⠤⠤⠤⢄⣀⣀⣀⣀⣀⣀⡀',
    '0 ┤⣀⡠⠤⠤⠒⠒⠉⠉⠁                                                     ⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠒⠒⠒⠒a',
    '  └┬──────────────────┬──────────────────┬──────────────────┬──────────────────┬',
    '   0                  1                  2                  3                  4',
    '  a run 0   b run 1',
  ])
})

t.test('without UTF-8 there is nothing but ASCII, and each line has a letter of its own', async (t) => {
  const chart = chartOf([line(0, falling), line(1, [1, 1, 1, 1, 1])], {
    legend: [
      { colour: 0, label: 'lr=0.1 größer' },
      { colour: 1, label: 'b' },
    ],
  })
  const lines = drawChart(chart, { columns: 40, rows: 12, charset: 'ascii', style: PLAIN })
  t.strictSame(lines, [
    'loss                            x: epoch',
    '4 +**',
    '  |  **',
    '  |    **',
    '  |      **',
    '2 +        ****',
    '  |            ****',
    '  |+++++++++++++++++++++++++++++++++++++',
    '  |                       **************',
    '  ++-----------------+-----------------+',
    '   0                 2                 4',
    '  * lr=0.1 gr??er   + b',
  ])
  for (const one of lines) t.match(one, /^[\x20-\x7e]*$/)
})

t.test('without colour lines end in the letters of the legend; with colour they do not', async (t) => {
  const chart = chartOf([line(0, falling), line(1, [0, 1, 2, 3, 4])])
  const layout = { columns: 60, rows: 12, charset: 'braille' } as const
  const plain = drawChart(chart, { ...layout, style: PLAIN })
  t.match(plain[1], /b$/, 'at the end of the line, which is the highest')
  t.equal(plain.at(-1), '  a run 0   b run 1')
  const coloured = drawChart(chart, { ...layout, style: COLOURED })
  t.match(coloured.at(-1), '\u001b[36m━━\u001b[m run 0')
  t.notMatch(coloured[1], /b/)
})

t.test('gaps stay gaps, infinities are arrows at the edge, and a point alone is a bullet', async (t) => {
  const y = [1, Number.NaN, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 1]
  const lines = drawChart(chartOf([line(0, y)]), { columns: 60, rows: 10, charset: 'braille', style: PLAIN })
  t.match(lines[1], /▲/)
  t.match(lines.slice(1, 7).at(-1), /▼/)
  t.equal(lines.join('').match(/•/g)?.length, 2, 'the 1 and the 2, which nothing is beside')
})

t.test('one value, equal values, and no finite value are drawn, too', async (t) => {
  const layout = { columns: 40, rows: 10, charset: 'braille', style: PLAIN } as const
  t.match(drawChart(chartOf([line(0, [0.5])]), layout).join('\n'), /0\.5 ┤ +•/)
  t.match(drawChart(chartOf([line(0, [3, 3, 3])]), layout).join('\n'), /3 ┤⠤+|3 ┤⣀+|3 ┤⠒+|3 ┤⠉+/)
  t.equal(drawChart(chartOf([line(0, [Number.NaN])]), layout).length, 10)
})

t.test('no line is wider than the terminal, however narrow, and labels cannot send escapes', async (t) => {
  const lines = Array.from({ length: 30 }, (_, i) => line(i, [i, 2 * i, 1e-9 * i]))
  const legend = lines.map(({ colour }) => ({ colour, label: `run ${colour} 模型=😀 ${'x'.repeat(60)}` }))
  const chart = chartOf(lines, {
    legend,
    panels: [
      { title: '損失'.repeat(40), lines },
      { title: 'b', lines },
    ],
  })
  for (const columns of [20, 40, 80]) {
    for (const charset of ['braille', 'block', 'ascii'] as const) {
      for (const one of drawChart(chart, { columns, rows: 30, charset, style: PLAIN })) {
        t.ok(displayWidth(one) <= columns, `${columns} ${charset}: ${one}`)
      }
    }
  }
  t.match(drawChart(chart, { columns: 40, rows: 30, charset: 'braille', style: PLAIN }).at(-1), /more$/)
})

t.test('the set of characters follows the locale', async (t) => {
  t.equal(charsetOf({}), 'braille')
  t.equal(charsetOf({ LC_ALL: 'C', LANG: 'de_DE.UTF-8' }), 'ascii')
  t.equal(charsetOf({ LC_ALL: '', LANG: 'de_DE.UTF-8' }), 'braille')
  t.equal(charsetOf({ LANG: 'C.utf8' }), 'braille')
  t.equal(charsetOf({ LC_CTYPE: 'en_US.ISO-8859-1' }), 'ascii')
})

import fc from 'fast-check'
import t from 'tap'
import type { Chart } from '../../../../lib/cli/plot/chart.js'
import { extentOf } from '../../../../lib/cli/plot/chart.js'
import { layOutDrawing } from '../../../../lib/cli/plot/drawing.js'
import { formatHtml } from '../../../../lib/cli/plot/html.js'
import { drawMiniChart } from '../../../../lib/cli/plot/mini-chart.js'
import { scaleFor } from '../../../../lib/cli/plot/scale.js'
import { formatSvg } from '../../../../lib/cli/plot/svg.js'
import { drawChart } from '../../../../lib/cli/plot/terminal-chart.js'
import { sparkline } from '../../../../lib/cli/render/sparkline.js'
import { PLAIN } from '../../../../lib/cli/render/style.js'
import { displayWidth } from '../../../../lib/cli/render/width.js'

const { MAX_VALUE, MIN_VALUE } = Number

/** Values as trainings rarely, and tests of plots never often enough have them. */
const RANGES: Readonly<Record<string, readonly number[]>> = {
  'the smallest number there is': [MIN_VALUE],
  'the two smallest ones': [MIN_VALUE, 2 * MIN_VALUE],
  'denormals of both signs': [-3e-310, 0, 5e-324, 2e-308],
  'the largest and the smallest': [-MAX_VALUE, MAX_VALUE, 0],
  'the largest one alone': [MAX_VALUE],
  '±1e308': [1e308, -1e308, 1e308],
  'from the smallest to the largest': [MIN_VALUE, 1, MAX_VALUE],
  'two neighbours far from zero': [1e16, 1e16 + 2],
  'two neighbours': [1, 1 + Number.EPSILON],
  'neighbours near the largest': [MAX_VALUE, MAX_VALUE * (1 - Number.EPSILON)],
  'NaN alone': [Number.NaN, Number.NaN],
  'infinities alone': [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  'a point between gaps': [Number.NaN, 0.5, Number.NaN],
  'one point': [0.5],
  'equal points': [3, 3, 3],
  'zero alone': [0],
  'minus zero and zero': [-0, 0],
  nothing: [],
  'everything at once': [Number.NaN, 1e-320, Number.POSITIVE_INFINITY, -1e308, 0, 1e308],
}

const chartOf = (y: readonly number[], isLog: boolean, x = y.map((_, i) => i)): Chart => ({
  title: 'loss',
  panels: [
    { title: 'loss', lines: [{ label: 'a', colour: 0, x: Float64Array.from(x), y: Float64Array.from(y) }] },
  ],
  xLabel: 'step',
  isXWhole: false,
  isLog,
  legend: [{ label: 'a', colour: 0 }],
})

/** Attributes of elements that hold what no reader of SVG can place. */
const wrongAttributes = (markup: string): string[] =>
  [...markup.matchAll(/<[a-z]+\b[^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => /="[^"]*(?:NaN|Infinity|undefined|e[+-]\d)/.test(tag))

function problemOf(chart: Chart): string | undefined {
  const drawing = layOutDrawing(chart)
  const svg = formatSvg(drawing)
  const wrong = wrongAttributes(svg)
  if (wrong.length > 0) return wrong.join('\n')
  const data = /id="points">(.*?)<\/script>/s.exec(formatHtml(drawing))?.[1] as string
  if (/null/.test(data)) return data
  const lines = drawChart(chart, { columns: 60, rows: 16, charset: 'braille', style: PLAIN })
  const wide = lines.find((line) => displayWidth(line) > 60 || /NaN|Infinity|undefined/.test(line))
  if (wide !== undefined) return wide
  const values = chart.panels[0]?.lines[0]?.y as Float64Array
  const mini = drawMiniChart(
    { rows: Float64Array.from(values, (_, i) => i), values },
    { width: 30, charset: 'braille', style: PLAIN },
  )
  if (mini.some((line) => displayWidth(line) !== 30)) return `mini chart:\n${mini.join('\n')}`
  if (/undefined|NaN/.test(sparkline(values, 8))) return 'sparkline'
  return undefined
}

for (const [name, values] of Object.entries(RANGES)) {
  t.test(`a chart of ${name} has a place for everything`, async (t) => {
    t.equal(problemOf(chartOf(values, false)), undefined)
    t.equal(problemOf(chartOf(values, true)), undefined, 'on a logarithmic scale')
    t.equal(problemOf(chartOf(values, false, values.slice())), undefined, 'over an axis of such numbers')
  })
}

t.test('a chart of any numbers has a place for everything', async () => {
  const value = fc.oneof(
    fc.double(),
    fc.double({ min: -1e-307, max: 1e-307 }),
    fc.constantFrom(...Object.values(RANGES).flat()),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), fc.boolean(), fc.boolean(), (values, isLog, isAxis) => {
      const problem = problemOf(chartOf(values, isLog, isAxis ? values : undefined))
      if (problem !== undefined) throw new Error(problem)
    }),
    { numRuns: 500 },
  )
})

t.test('the ticks of any axis lie within it, are different, and say so', async () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(finite, finite, fc.integer({ min: 1, max: 12 }), fc.boolean(), (a, b, count, isLog) => {
      const scale = scaleFor(extentOf([Float64Array.of(a, b)], isLog), { ticks: count, isLog })
      const places = scale.ticks.map(({ value }) => scale.position(value))
      return (
        places.every((at) => at >= -1e-6 && at <= 1 + 1e-6) &&
        new Set(scale.ticks.map(({ value }) => value)).size === scale.ticks.length &&
        new Set(scale.ticks.map(({ label }) => label)).size === scale.ticks.length
      )
    }),
    { numRuns: 3000 },
  )
})

t.test('the sparkline of numbers whose sum is too large is drawn as that of small ones', async (t) => {
  const small = [1, 1, 0.4, 0.4, -1, -1]
  t.equal(
    sparkline(
      small.map((it) => it * 1.7e308),
      3,
    ),
    sparkline(small, 3),
  )
  t.equal(sparkline([-MAX_VALUE, MAX_VALUE], 2), '▁█')
})

import { formatExactNumber } from '../render/number.js'
import type { Drawing } from './drawing.js'
import { formatSvg } from './svg.js'
import { escapeXml } from './xml.js'

/**
 * The drawing as a page of its own: no address is asked for anything (its policy forbids it), values are shown under the pointer or by the arrow
 * keys, and stand in a table as well. What is shown under the pointer are points that are drawn, exactly as they were logged.
 */
export function formatHtml(drawing: Drawing): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(drawing.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${formatSvg(drawing, ' tabindex="0"')}
<output id="values" aria-live="polite">Point at the chart, or press the arrow keys on it.</output>
<details><summary>Values in a table</summary>
${summaryTable(drawing)}
</details>
</main>
<script type="application/json" id="points">${embedJson(points(drawing))}</script>
<script>${SCRIPT}</script>
</body>
</html>
`
}

/** JSON inside a script element: what could end the element, or the line of a script, is written as an escape. */
function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** For the script: of each panel its lines, of each line the places and texts of its points in the order of x. */
function points({ panels, legend, left, right, panelHeight }: Drawing) {
  return {
    left,
    right,
    height: panelHeight,
    panels: panels.map(({ title, top, lines }) => ({
      title,
      top,
      lines: lines.map(({ colour, stretches, infinite }) => ({
        label: legend.find((entry) => entry.colour === colour)?.label ?? '',
        points: [...stretches.flat(), ...infinite]
          .sort((a, b) => a.left - b.left)
          .map((point) => [
            Number(point.left.toFixed(1)),
            Number(point.top.toFixed(1)),
            formatExactNumber(point.x),
            formatExactNumber(point.y),
          ]),
      })),
    })),
  }
}

function summaryTable({ panels, legend, xLabel }: Drawing): string {
  const rows = panels.flatMap(({ title, lines }) =>
    lines.flatMap(({ colour, stretches, infinite }) => {
      const label = legend.find((entry) => entry.colour === colour)?.label ?? ''
      return [...stretches.flat(), ...infinite]
        .sort((a, b) => a.x - b.x)
        .map(({ x, y }) => {
          const cells = [title, label, formatExactNumber(x), formatExactNumber(y)]
          return `<tr>${cells.map((cell) => `<td>${escapeXml(cell)}</td>`).join('')}</tr>`
        })
    }),
  )
  const head = ['name', 'line', xLabel, 'value']
    .map((cell) => `<th scope="col">${escapeXml(cell)}</th>`)
    .join('')
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`
}

const STYLE = `:root{color-scheme:light dark}
body{margin:0;font:14px system-ui,sans-serif;background:#fff;color:#1f2328}
main{max-width:1100px;margin:0 auto;padding:16px}
svg{width:100%;height:auto;cursor:crosshair}
svg:focus-visible{outline:2px solid #0969da;outline-offset:2px}
output{display:block;white-space:pre-wrap;font-variant-numeric:tabular-nums;min-height:4em;padding:8px 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:2px 12px 2px 0;text-align:left}
.cursor{stroke:#8c959f;stroke-dasharray:3 3}.spot{fill:none;stroke:#8c959f;stroke-width:1.5}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}}`

const SCRIPT = `'use strict'
{
  const data = JSON.parse(document.getElementById('points').textContent)
  const svg = document.querySelector('svg')
  const out = document.getElementById('values')
  const make = (name) => svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', name))
  let marks = []
  let at = null
  const nearest = (points, left) => {
    let low = 0, high = points.length - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (points[middle][0] < left) low = middle
      else high = middle
    }
    return Math.abs(points[low][0] - left) <= Math.abs(points[high][0] - left) ? points[low] : points[high]
  }
  const show = (left) => {
    at = Math.max(data.left, Math.min(data.right, left))
    for (const mark of marks) mark.remove()
    marks = []
    const said = []
    for (const panel of data.panels) {
      const cursor = make('line')
      cursor.setAttribute('class', 'cursor')
      for (const [name, value] of [['x1', at], ['x2', at], ['y1', panel.top], ['y2', panel.top + data.height]])
        cursor.setAttribute(name, value)
      marks.push(cursor)
      for (const line of panel.lines) {
        if (line.points.length === 0) continue
        const [x, y, over, value] = nearest(line.points, at)
        const spot = make('circle')
        spot.setAttribute('class', 'spot')
        for (const [name, size] of [['cx', x], ['cy', y], ['r', 4]]) spot.setAttribute(name, size)
        marks.push(spot)
        said.push(panel.title + (line.label === '' ? '' : ' of ' + line.label) + ' at ' + over + ': ' + value)
      }
    }
    out.textContent = said.join('\\n')
  }
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect()
    show(((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width)
  })
  svg.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    show((at ?? data.left) + step * (event.shiftKey ? 50 : 5))
  })
}`

import { formatNumber } from '../render/number.js'
import type { Drawing, DrawnLine, DrawnPanel } from './drawing.js'
import { DASHES, DRAWING } from './palette.js'
import { escapeXml } from './xml.js'

/**
 * The drawing as an SVG element that needs nothing else: its colours follow what the reader prefers, light or dark, and what it shows is told in
 * words for those who do not see it.
 */
export function formatSvg(drawing: Drawing, attributes = ''): string {
  const { width, height, title } = drawing
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${round(height)}" width="${width}" height="${round(height)}" role="img" aria-labelledby="title description"${attributes}>`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(describe(drawing))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    ...drawing.panels.flatMap((panel, i) => panelElements(panel, drawing, i === drawing.panels.length - 1)),
    ...drawing.legend.map(({ label, colour, left, top }) => {
      const key = `<line class="line c${colour % DRAWING.length}"${dash(colour)} x1="${left}" x2="${left + 18}" y1="${top - 4}" y2="${top - 4}"/>`
      return `${key}<text x="${left + 24}" y="${top}">${escapeXml(label)}</text>`
    }),
    '</svg>',
  ].join('\n')
}

/** Everything that a glance at the drawing tells, in sentences. */
export function describe({ panels, xLabel, legend }: Drawing): string {
  const said = panels.flatMap(({ title, lines }) =>
    lines.map(({ colour, stretches, infinite }) => {
      const points = stretches.flat()
      const [first, last] = [points[0], points.at(-1)]
      const name = legend.find((entry) => entry.colour === colour)?.label
      const whose = name === undefined ? title : `${title} of ${name}`
      if (first === undefined || last === undefined) return `${whose}: no finite value.`
      const values = points.map((point) => point.y)
      const low = formatNumber(values.reduce((a, b) => Math.min(a, b)))
      const high = formatNumber(values.reduce((a, b) => Math.max(a, b)))
      const more = infinite.length === 0 ? '' : ', with infinite values'
      return `${whose}: from ${formatNumber(first.y)} to ${formatNumber(last.y)}, lowest ${low}, highest ${high}${more}.`
    }),
  )
  return [`Over ${xLabel}.`, ...said].join(' ')
}

const round = (value: number): number => Number(value.toFixed(1))

const dash = (colour: number): string => {
  const pattern = DASHES[Math.floor(colour / DRAWING.length) % DASHES.length]
  return pattern === '' ? '' : ` stroke-dasharray="${pattern}"`
}

function panelElements(panel: DrawnPanel, drawing: Drawing, isLast: boolean): string[] {
  const { left, right, panelHeight } = drawing
  const bottom = panel.top + panelHeight
  const grid = [
    ...panel.ticks.map(({ at }) => `M${left} ${round(at)}H${right}`),
    ...drawing.xTicks.map(({ at }) => `M${round(at)} ${panel.top}V${bottom}`),
  ].join('')
  const note = `${drawing.xLabel}${drawing.isLog ? ', logarithmic' : ''}`
  return [
    `<text class="name" x="${left}" y="${panel.top - 12}">${escapeXml(panel.title)}</text>`,
    `<path class="grid" d="${grid}"/>`,
    `<path class="frame" d="M${left} ${panel.top}V${bottom}H${right}"/>`,
    ...panel.ticks.map(
      ({ at, label }) =>
        `<text class="tick y" x="${left - 8}" y="${round(at + 4)}">${escapeXml(label)}</text>`,
    ),
    ...panel.lines.map((line) => lineElements(line, panel.top)),
    ...(isLast
      ? [
          ...drawing.xTicks.map(
            ({ at, label }) =>
              `<text class="tick x" x="${round(at)}" y="${bottom + 16}">${escapeXml(label)}</text>`,
          ),
          `<text class="tick x" x="${(left + right) / 2}" y="${bottom + 32}">${escapeXml(note)}</text>`,
        ]
      : []),
  ]
}

function lineElements({ colour, stretches, infinite }: DrawnLine, top: number): string {
  const name = `c${colour % DRAWING.length}`
  const path = stretches
    .filter((points) => points.length > 1)
    .map((points) =>
      points.map((point, i) => `${i === 0 ? 'M' : 'L'}${round(point.left)} ${round(point.top)}`).join(''),
    )
    .join('')
  const dots = stretches
    .filter((points) => points.length === 1)
    .map(
      ([point]) =>
        point && `<circle class="dot ${name}" cx="${round(point.left)}" cy="${round(point.top)}" r="3"/>`,
    )
  const arrows = infinite.map(({ left, top: at }) => {
    const tip = at === top ? `l-4 7h8z` : `l-4 -7h8z`
    return `<path class="dot ${name}" d="M${round(left)} ${round(at)}${tip}"/>`
  })
  const line = path === '' ? '' : `<path class="line ${name}"${dash(colour)} d="${path}"/>`
  return [line, ...dots, ...arrows].join('')
}

const colours = (ground: 'light' | 'dark'): string =>
  DRAWING.map((colour, i) => `.line.c${i}{stroke:${colour[ground]}}.dot.c${i}{fill:${colour[ground]}}`).join(
    '',
  )

const STYLE = [
  'svg{font:12px system-ui,sans-serif}',
  '.ground{fill:#fff}text{fill:#1f2328}.tick{fill:#57606a;font-size:11px}.name{font-weight:600;font-size:13px}',
  '.y{text-anchor:end}.x{text-anchor:middle}',
  '.grid{stroke:#d8dee4;stroke-width:.5;fill:none}.frame{stroke:#8c959f;fill:none}',
  '.line{fill:none;stroke-width:1.6;stroke-linejoin:round}',
  colours('light'),
  '@media (prefers-color-scheme:dark){',
  '.ground{fill:#0d1117}text{fill:#e6edf3}.tick{fill:#9198a1}.grid{stroke:#30363d}.frame{stroke:#6e7681}',
  colours('dark'),
  '}',
].join('')

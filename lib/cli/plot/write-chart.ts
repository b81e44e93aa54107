import { extname } from 'node:path'
import { FlorError } from '../../model/errors.js'
import { printToFile } from '../output-file.js'
import type { Chart } from './chart.js'
import { layOutDrawing } from './drawing.js'
import { formatHtml } from './html.js'
import { formatSvg } from './svg.js'

/**
 * How to write a chart into the file that the user named: by its extension. What is there is replaced, whole or not at all.
 * @throws FlorError USAGE for other extensions; FILE_UNREADABLE (from the answer) where it cannot be written
 */
export function chartWriter(output: string, cwd: string): (chart: Chart) => Promise<void> {
  const format = formatFor(output)
  return (chart) => printToFile(output, cwd, async (out) => void (await out.print(format(chart))))
}

function formatFor(output: string): (chart: Chart) => string {
  switch (extname(output).toLowerCase()) {
    case '.svg':
      return (chart) => `<?xml version="1.0" encoding="UTF-8"?>\n${formatSvg(layOutDrawing(chart))}\n`
    case '.html':
    case '.htm':
      return (chart) => formatHtml(layOutDrawing(chart))
    default:
      throw new FlorError(`a chart is written as .svg or .html, not as ${JSON.stringify(output)}`, {
        code: 'USAGE',
        data: { value: output, command: 'plot' },
      })
  }
}

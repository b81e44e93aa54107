import { randomBytes } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { FlorError } from '../../model/errors.js'
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
  return async (chart) => {
    const path = resolve(cwd, output)
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
    try {
      await writeFile(temporary, format(chart), { flag: 'wx' })
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw new FlorError(`cannot write ${output}`, { code: 'FILE_UNREADABLE', data: { path }, cause: error })
    }
  }
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

import { Capturer, contextOf, EVERY_PATTERN } from '../../../lib/capture/capturer.js'
import { formatContext } from '../../../lib/model/context.js'

/** What is taken out of an output: `epoch=1/step=20 loss=0.5`, one entry a value, the place left out outside of all loops. */
export function take(output: string, settings = EVERY_PATTERN): string[] {
  return new Capturer(settings).lines(output.split('\n')).flatMap((line) =>
    line.values.map((found) => {
      const place = formatContext(contextOf(line, found))
      return `${place}${place === '' ? '' : ' '}${found.name}=${found.value}`
    }),
  )
}

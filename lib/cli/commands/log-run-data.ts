import type { RunEntry } from '../../db/run-entry.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { wholeValues } from '../../repository/whole-values.js'
import type { CommandContext } from '../context.js'
import { JSON_VERSION, toJson } from '../formats/json.js'
import { RUN_FIELD_NAMES, type RunField, runField } from '../formats/run-fields.js'
import { parseTemplate, unknownField } from '../formats/template.js'
import type { Output } from '../output.js'
import { sanitizeLine } from '../render/sanitize.js'
import { runToJson } from '../views/run-json.js'
import type { LogOutput } from './log-output.js'

/** Prints runs for programs: `json`, `jsonl` or `format`. Answers how many. @throws BrokenPipe, FlorError USAGE */
export async function printRunData(
  context: CommandContext,
  repository: FlorRepository,
  out: Output,
  runs: AsyncIterable<RunEntry>,
  { form, end, template }: LogOutput,
): Promise<number> {
  let count = 0
  if (form === 'json') {
    await out.print(`{"version":${JSON_VERSION},"kind":"runs","runs":[`)
    for await (const entry of withWholeValues(repository, runs))
      await out.print(`${count++ === 0 ? '' : ','}\n${toJson(runToJson(entry))}`)
    await out.print('\n]}\n')
    return count
  }
  const format = form === 'jsonl' ? formatJson : formatter(context, out, template)
  for await (const entry of withWholeValues(repository, runs)) {
    await out.print(`${format(entry)}${end}`)
    count++
  }
  return count
}

const formatJson: RunField = (entry) => toJson(runToJson(entry))

/** @throws FlorError USAGE */
function formatter(context: CommandContext, out: Output, template: string): RunField {
  const nowMs = context.io.now()
  const clean = context.isShown(out) ? sanitizeLine : (text: string): string => text
  const parts = parseTemplate(template).map((part): string | RunField => {
    if (typeof part === 'string') return part
    const field = runField(part.field, nowMs)
    if (field === undefined) throw unknownField(part.field, RUN_FIELD_NAMES)
    return field
  })
  return (entry) => parts.map((part) => (typeof part === 'string' ? part : clean(part(entry)))).join('')
}

async function* withWholeValues(
  repository: FlorRepository,
  runs: AsyncIterable<RunEntry>,
): AsyncGenerator<RunEntry> {
  for await (const entry of runs) yield await wholeValues(repository, entry)
}

import type { Column } from '../model/column.js'
import type { Context } from '../model/context.js'
import { type AssembledRun, assembleRun } from '../segment/assemble.js'
import type { StoredColumn } from '../segment/segment.js'
import { readSpool } from '../segment/spool-reader.js'
import { summarize } from '../segment/summary.js'
import type { TaskOutcome } from './executor.js'
import { selectRows, withinAny } from './select-rows.js'
import type { ReplayTask } from './task.js'

/**
 * Everything that a replay logged, as the runtime wrote it. Reads the spool's folder.
 * @throws FlorError SPOOL_CORRUPT when the process wrote no events at all
 */
export function readOutcome(outcome: TaskOutcome): AssembledRun {
  return assembleRun(readSpool(outcome.spool).events)
}

/**
 * The columns to keep of a replay: values of the wanted names in the task's wanted contexts, and nothing that was only executed on the
 * way. `isMissing`, when given, leaves out contexts whose values exist already.
 */
export function wantedColumns(
  replayed: readonly Column[],
  task: Pick<ReplayTask, 'wanted'>,
  names: readonly string[],
  isMissing: (name: string, context: Context) => boolean = () => true,
): StoredColumn[] {
  const isWanted = withinAny(task.wanted)
  return replayed
    .filter(({ name }) => names.includes(name))
    .flatMap((column) => {
      const kept = selectRows(column, (context) => isWanted(context) && isMissing(column.name, context))
      return kept === undefined ? [] : [{ ...kept, summary: summarize(kept.values, kept.order) }]
    })
}

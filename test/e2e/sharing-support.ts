import type { Test } from 'tap'
import { pivot } from '../../lib/query/pivot.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { loadColumns } from '../../lib/repository/load-columns.js'
import { selectRuns } from '../../lib/repository/select-runs.js'
import { repository, type TestRepository } from '../support/repository.js'
import { project, provideModules, runsOf } from '../support/training.js'

export const script = (isWanted: boolean): string => `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 1))
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) {
    weights[i] += Math.random()
    flor.log('step_loss', weights[i] / 3)
  }
  ${isWanted ? "flor.log('wanted', weights[0] + weights[1])\n  " : ''}flor.log('loss', weights[0])
}
`

/** Two people and what they share. */
export interface People {
  readonly bare: TestRepository
  readonly ann: TestRepository
  readonly bob: TestRepository
}

/** Two people with a clone each of one bare repository. */
export function people(t: Test): People {
  const bare = repository(t, { bare: true })
  const ann = project(t, { 'train.js': script(false) })
  ann.do('remote', 'add', 'origin', bare.path).do('push', '-q', '-u', 'origin', 'main')
  return { bare, ann, bob: cloneOf(t, bare) }
}

/** A clone that trainings can be run in. */
export function cloneOf(t: Test, bare: TestRepository): TestRepository {
  const clone = bare.clone(t)
  provideModules(clone.path)
  return clone
}

/** Everything that a repository knows: runs with their headers, and every value of every name, as a pivoted table. */
export async function history(flor: FlorRepository): Promise<unknown> {
  await flor.refresh()
  const index = await flor.index()
  const runs = await runsOf(flor)
  const names = (await index.names()).map((it) => it.name)
  const table =
    runs.length === 0
      ? undefined
      : await pivot({
          names,
          entries: selectRuns(index, {}),
          load: (entry, name) => loadColumns(flor, entry, name),
        })
  // One process at a time has an index open.
  await flor.close()
  return {
    names,
    table,
    runs: runs.map(({ run, header, end, args, checkpoints, writers }) => ({
      run,
      header,
      end,
      args,
      checkpoints,
      writers,
    })),
  }
}

/** How many values of a name all runs have together. */
export const count = async (flor: FlorRepository, name: string): Promise<number> =>
  (await runsOf(flor))
    .flatMap((run) => run.metrics)
    .filter((metric) => metric.name === name)
    .reduce((sum, metric) => sum + metric.summary.count, 0)

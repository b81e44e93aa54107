import type { Test } from 'tap'
import type { ReplayLevel } from '../../../lib/model/run.js'
import type { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { faithfulBackfill } from '../../support/faithful-backfill.js'
import { copyOf, loseCheckpoints } from '../../support/lost-checkpoints.js'
import {
  fromScratch,
  open,
  project,
  runsOf,
  storedValues,
  train,
  type Values,
} from '../../support/training.js'
import type { Source, TrainingKind } from './kinds/training-kind.js'
import { names, type Place, placeOf } from './places.js'

/** Which checkpoints there are: all, those of every third epoch, or none, because none was taken. */
export type Checkpoints = 'all' | 'third' | 'none'

/** The level at which each place's values must be had. */
export type Levels = Readonly<Record<Place, ReplayLevel>>

/** Neighbours and one that stands alone, so that iterations are passed over, restored and gone on from. */
const where = 'epoch = 1 or epoch >= 4'
const isAsked = (context: string): boolean => context === '' || /^epoch=[145](?:\/|$)/.test(context)

/**
 * Trains a kind once with all checkpoints and once with none, and asks for the statements at every place, with all checkpoints, with every third, and with none.
 * Each value must be that of an execution of the patched version from its start, and be had at the level that is expected.
 */
export async function checkKind(
  t: Test,
  kind: TrainingKind,
  source: Source,
  levels: Readonly<Record<Checkpoints, Levels>>,
): Promise<void> {
  const args = ['--flor', 'lr=0.03', '--flor', 'seed=11']
  const repo = project(t, { 'train.js': kind.script(source, false) })
  train(repo, { checkpoints: 'all', args })
  repo.write('train.js', kind.script(source, true))
  const copy = copyOf(t, repo)
  const bare = project(t, { 'train.js': kind.script(source, false) })
  train(bare, { checkpoints: 'none', args })
  bare.write('train.js', kind.script(source, true))

  const all = open(t, repo).flor
  await ask(t, all, 'all', levels.all)
  const [run] = await runsOf(all)
  if (run === undefined) throw new Error('nothing was recorded')
  const truth = fromScratch(t, repo, repo.commit('with all statements').oid(), run)
  await compare(t, all, kind, truth, 'all')

  const few = open(t, copy).flor
  const [same] = await runsOf(few)
  if (same === undefined) throw new Error('the copy has no run')
  await loseCheckpoints(few, same, (it) =>
    it.point.context.some(({ loop, index }) => loop === 'epoch' && index % 3 === 2),
  )
  await ask(t, few, 'third', levels.third)
  await compare(t, few, kind, truth, 'third')

  const none = open(t, bare).flor
  await ask(t, none, 'none', levels.none)
  await compare(t, none, kind, truth, 'none')
}

/** Backfills all names, and checks the levels. */
async function ask(t: Test, flor: FlorRepository, checkpoints: Checkpoints, levels: Levels): Promise<void> {
  const isOutside = (name: string): boolean => /^(?:before|end)$/.test(placeOf(name))
  const reached: Record<string, string> = {}
  for (const [asked, options] of [
    [names.filter(isOutside), {}],
    [names.filter((it) => !isOutside(it)), { where }],
  ] as const) {
    Object.assign(reached, (await faithfulBackfill(t, flor, asked, options)).levels)
  }
  const expected = Object.fromEntries(names.map((name) => [name, levels[placeOf(name)]]))
  t.strictSame(reached, expected, `levels, checkpoints: ${checkpoints}`)
}

async function compare(
  t: Test,
  flor: FlorRepository,
  kind: TrainingKind,
  truth: Values,
  checkpoints: Checkpoints,
): Promise<void> {
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const wanted = Object.fromEntries(
    names.map((name) => {
      const values = Object.entries(truth[name] ?? {}).filter(([context]) => isAsked(context))
      t.ok(values.length > 0, `${name} has values`)
      return [name, Object.fromEntries(values)]
    }),
  )
  const title = `every value is that of an execution from scratch, checkpoints: ${checkpoints}`
  t.strictSame(await storedValues(flor, run, names), wanted, title)
  const recorded = Object.fromEntries(kind.recorded.map((name) => [name, truth[name]]))
  t.strictSame(await storedValues(flor, run, kind.recorded, 'recorded'), recorded)
}

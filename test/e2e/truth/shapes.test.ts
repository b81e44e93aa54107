import { type Test, test } from 'tap'
import type { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { faithfulBackfill } from '../../support/faithful-backfill.js'
import { copyOf, loseCheckpoints } from '../../support/lost-checkpoints.js'
import { fromScratch, open, project, runsOf, storedValues, train } from '../../support/training.js'
import { type Shape, shapes } from './shapes.js'

for (const [title, shape] of Object.entries(shapes)) {
  test(`values are those of a run from scratch, all checkpoints or few being there: ${title}`, (t) =>
    check(t, shape))
}

async function check(t: Test, shape: Shape): Promise<void> {
  const repo = project(
    t,
    shape.files(() => ''),
  )
  train(repo)
  for (const [path, text] of Object.entries(shape.files((name, value) => `flor.log('${name}', ${value})`)))
    repo.write(path, text)
  const copy = copyOf(t, repo)

  const all = open(t, repo).flor
  t.strictSame(await ask(t, all, shape), shape.levels, 'levels')
  const [run] = await runsOf(all)
  if (run === undefined) throw new Error('nothing was recorded')
  const truth = fromScratch(t, repo, repo.commit('with all statements').oid(), run)
  const { isAsked = () => true, recorded } = shape
  const names = Object.keys(shape.levels)
  const wanted = Object.fromEntries(
    names.map((name) => {
      const values = Object.entries(truth[name] ?? {}).filter(([context]) => isAsked(context))
      t.ok(values.length > 0, `${name} has values`)
      return [name, Object.fromEntries(values)]
    }),
  )
  t.strictSame(await storedValues(all, run, names), wanted, 'values, all checkpoints')
  const before = Object.fromEntries(recorded.map((name) => [name, truth[name]]))
  t.strictSame(
    await storedValues(all, run, recorded, 'recorded'),
    before,
    'what was recorded is deterministic',
  )

  const few = open(t, copy).flor
  const [same] = await runsOf(few)
  if (same === undefined) throw new Error('the copy has no run')
  await loseCheckpoints(few, same, ({ point }) => (point.context.at(-1)?.index ?? 0) % 3 === 1)
  await ask(t, few, shape)
  t.strictSame(await storedValues(few, same, names), wanted, 'values, few checkpoints')
}

/** The level of each name; names outside of the main loop have no iteration that a predicate could choose. */
async function ask(t: Test, flor: FlorRepository, shape: Shape): Promise<Record<string, string>> {
  const names = Object.keys(shape.levels)
  const isOutside = (name: string): boolean => shape.where !== undefined && name === 'last'
  const reached: Record<string, string> = {}
  for (const asked of [names.filter(isOutside), names.filter((it) => !isOutside(it))]) {
    const [first] = asked
    if (first === undefined) continue
    const options = shape.where === undefined || isOutside(first) ? {} : { where: shape.where }
    Object.assign(reached, (await faithfulBackfill(t, flor, asked, options)).levels)
  }
  return Object.fromEntries(names.map((name) => [name, reached[name] ?? '']))
}

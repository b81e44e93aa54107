import { type Test, test } from 'tap'
import { faithfulBackfill } from '../../support/faithful-backfill.js'
import { fromScratch, open, project, runsOf, storedValues, train } from '../../support/training.js'
import { inJavaScript, levelOf, type NaturalTraining, naturalTrainings } from './natural.js'
import { isThorough } from './thorough.js'

/** Of those that need not be executed each time, these few are. */
const SAMPLE = /^(?:mlp-classes|replay-buffer|k-fold|recurrent|fit-fine-tune)$/

for (const training of naturalTrainings()) {
  test(`the levels of a usual training are the cheapest that are sound: ${training.title}`, (t) => {
    for (const [name, expected] of Object.entries(training.levels)) {
      const { level, reason } = levelOf(training, name)
      t.equal(level, expected, `${name}: ${reason}`)
    }
    t.end()
  })
  const skip = isThorough || SAMPLE.test(training.title) ? false : 'with FLOR_TRUTH=all'
  test(`values of a usual training are those of a run from scratch: ${training.title}`, { skip }, (t) =>
    compare(t, inJavaScript(training)),
  )
}

async function compare(t: Test, training: NaturalTraining): Promise<void> {
  const repo = project(t, training.before)
  train(repo)
  for (const [path, text] of Object.entries(training.wanted)) repo.write(path, text)
  const { flor } = open(t, repo)
  const names = Object.keys(training.levels)
  const isInLoop = (name: string): boolean => /^(?:skip|run|full)$/.test(training.levels[name] as string)
  // Names that are asked for together come along with what is executed for the dearest of them.
  for (const level of new Set(Object.values(training.levels))) {
    const asked = names.filter((it) => training.levels[it] === level)
    const where = isInLoop(asked[0] as string) ? { where: `${training.loop} >= 3` } : {}
    // Checked, too: what is right must not be refuted.
    const { levels } = await faithfulBackfill(t, flor, asked, { check: 'auto', ...where })
    // Nested loops that take less time than a restore are executed, also where they could be left out.
    for (const name of asked)
      t.ok(levels[name] === level || (level === 'skip' && levels[name] === 'run'), `${name}: ${levels[name]}`)
  }
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const truth = fromScratch(t, repo, repo.commit('with all statements').oid(), run)
  const isAsked = (name: string, context: string): boolean =>
    !isInLoop(name) || Number(new RegExp(`${training.loop}(?:#\\d+)?=(\\d+)`).exec(context)?.[1]) >= 3
  const stored = await storedValues(flor, run, names)
  for (const name of names) {
    const values = Object.entries(truth[name] ?? {}).filter(([context]) => isAsked(name, context))
    t.ok(values.length > 0, `${name} has values`)
    t.strictSame(stored[name], Object.fromEntries(values), `${name} is the truth`)
  }
}

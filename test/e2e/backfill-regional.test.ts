import { test } from 'tap'
import { backfill, open, project, runsOf, storedValues, train } from '../support/training.js'

const script = (statement: string) => `import * as flor from 'git-flor'
const w = new Float64Array(2)
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const step of flor.loop('step', [0, 1])) w[0] += step
  flor.log('w', w[0])
  ${statement}
}
`

test('a replay has the time zone and the language of its run', async (t) => {
  const repo = project(t, { 'train.js': script('') })
  train(repo, { env: { TZ: 'Asia/Tokyo', LC_ALL: '', LANG: 'de_DE.UTF-8' } })
  const shown =
    'new Date(1e12 * w[0]).toString() + new Date(2020, 6, epoch).getTime() + (w[0] / 8).toLocaleString()'
  repo.write('train.js', script(`flor.log('shown', ${shown})`))
  const { flor } = open(t, repo)
  const before = { TZ: process.env.TZ, LANG: process.env.LANG, LC_ALL: process.env.LC_ALL }
  t.teardown(() => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  })
  Object.assign(process.env, { TZ: 'America/New_York', LANG: 'fr_FR.UTF-8', LC_ALL: 'fr_FR.UTF-8' })
  const { outcome } = await backfill(flor, ['shown'])
  t.match(outcome.reports, [{ status: 'done' }])
  const [run] = await runsOf(flor)
  t.same(run?.header.regional, { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' })
  const { shown: values } = await storedValues(flor, run as NonNullable<typeof run>, ['shown'])
  const [[first] = []] = Object.values(values ?? {})
  t.match(first, /GMT\+0900.*15934428000000,125$/, 'as it would have been logged then')
})

import t from 'tap'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

const LENGTHS = [10, 252, 253, 254, 255, 256, 300, 100_000]
const textOf = (length: number): string => `${'é'.repeat(length - 4)}END${length % 10}`

/** Summaries, which lists answer from, cut long texts and describe large values: what is asked and written must not. */
t.test('long texts and large lists are themselves in predicates, sort keys and files', async (t) => {
  const repo = repository(t).commit('one')
  for (const [k, length] of LENGTHS.entries()) {
    const list = Array.from({ length: 300 }, (_, i) => i + 1000 + k)
    await recordRun(repo.path, {
      args: { k },
      once: { s: textOf(length), list, own: `${'x'.repeat(20)}…`, shape: '[list of 3]' },
      epochs: { t: ['a', textOf(length)] },
    })
  }
  const log = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await cli(repo.path, ['log', ...args])
    t.equal(exitCode, 0, stderr)
    return stdout
  }
  const listed = async (...args: string[]): Promise<string> =>
    (await log(...args, '--format=%(args:k)')).split('\n').join('')

  const all = '76543210'
  t.equal(await listed('--where', "s like '%END_'"), all)
  t.equal(await listed('--where', "last(t) like '%END_' and first(t) = 'a'"), all)
  t.equal(await listed('--where', "s like '%END5'"), '4', 'of 255 characters')
  t.equal(await listed('--where', "s like '%…'"), '')
  t.equal(await listed('--where', "own like '%…' and shape = '[list of 3]'"), all)
  t.equal(await listed('--where', 'list is text'), '')
  t.equal((await listed('--sort', '-s')).slice(0, 1), '7', 'the longest one has the most é')
  t.equal((await log('k', '--where', "last(t) like '%END_'", '--csv')).split('\n').length, all.length + 2)

  const texts = LENGTHS.toReversed().map(textOf)
  t.strictSame((await log('--format=%(metric:s)')).split('\n').slice(0, -1), texts)
  t.strictSame((await log('--format=%(metric:t:last)')).split('\n').slice(0, -1), texts)
  const csv = await log('last(s)', 'last(list)', '--csv')
  for (const [k, length] of LENGTHS.entries()) t.match(csv, `,${textOf(length)},"[${1000 + k},`)
  const { runs } = JSON.parse(await log('--json'))
  const metric = (run: { metrics: { name: string }[] }, name: string) =>
    run.metrics.find((it) => it.name === name)
  t.strictSame(
    runs.map((run: never) => (metric(run, 's') as unknown as { last: string }).last),
    texts,
  )
  t.equal((metric(runs[0], 'list') as unknown as { first: unknown[] }).first.length, 300)
  const shown = JSON.parse((await cli(repo.path, ['show', '--json', 'latest'])).stdout)
  t.equal((metric(shown.runs[0], 't') as unknown as { last: string }).last, texts[0])

  const diff = JSON.parse((await cli(repo.path, ['diff', '--json', 'latest~2', 'latest~1'])).stdout)
  const names = diff.metrics.map(({ name }: { name: string }) => name)
  t.strictSame(names.filter((name: string) => ['s', 't', 'list'].includes(name)).sort(), ['list', 's', 't'])
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import {
  ensureWriterSync,
  randomWriter,
  readFlorConfigSync,
  replaceWriterSync,
  WRITER_NAME,
} from '../../../lib/git/config.js'
import { repository } from '../../support/repository.js'

t.test('without settings there are defaults', (t) => {
  t.same(readFlorConfigSync(repository(t).location), {
    maxFileSizeBytes: 10 * 1024 * 1024,
    overhead: 0.01,
    autopush: true,
    summaryNotes: true,
    link: [],
    copy: [],
    trust: [],
    check: 'auto',
    output: true,
    outputLimits: { bytes: 256 * 1024, lines: 5000 },
    patterns: [],
  })
  t.end()
})

t.test('settings are typed', (t) => {
  const repo = repository(t)
    .config('flor.maxFileSize', '2k')
    .config('flor.overhead', '2.5%')
    .config('flor.autopush', 'off')
    .config('flor.summaryNotes', 'no')
    .config('flor.jobs', '3')
    .do('config', '--add', 'flor.link', 'data')
    .do('config', '--add', 'flor.link', 'models/big')
    .do('config', '--add', 'flor.copy', 'cache')
    .do('config', '--add', 'flor.trust', 'abc')
    .config('flor.check', 'no')
    .config('flor.output', 'no')
    .config('flor.outputLimit', '1g')
    .config('flor.outputLines', '10')
    .config('flor.capture', 'pairs,json')
    .do('config', '--add', 'flor.pattern', 'a (?<a>.)')
    .do('config', '--add', 'flor.pattern', 'b (?<b>.)')
  t.same(readFlorConfigSync(repo.location), {
    maxFileSizeBytes: 2048,
    overhead: 0.025,
    autopush: false,
    summaryNotes: false,
    jobs: 3,
    link: ['data', 'models/big'],
    copy: ['cache'],
    trust: ['abc'],
    check: 'never',
    output: false,
    outputLimits: { bytes: 64 * 1024 * 1024, lines: 10 },
    capture: 'pairs,json',
    patterns: ['a (?<a>.)', 'b (?<b>.)'],
  })
  t.equal(readFlorConfigSync(repo.config('flor.overhead', '0.2').location).overhead, 0.2)
  t.equal(readFlorConfigSync(repo.config('flor.check', 'always').location).check, 'always')
  t.throws(() => readFlorConfigSync(repo.config('flor.check', 'sometimes').location), {
    code: 'CONFIG_INVALID',
  })
  repo.config('flor.check', 'auto')
  t.end()
})

for (const [key, value] of [
  ['flor.maxFileSize', 'lots'],
  ['flor.maxFileSize', '-1'],
  ['flor.overhead', '2'],
  ['flor.overhead', 'none'],
  ['flor.autopush', 'maybe'],
  ['flor.jobs', '0'],
  ['flor.output', 'maybe'],
  ['flor.outputLimit', 'much'],
  ['flor.outputLines', '0'],
  ['flor.writer', '../evil'],
  ['flor.writer', 'UPPER'],
] as const) {
  t.test(`${key}=${value} is refused by name and value`, (t) => {
    const repo = repository(t).config(key, value)
    t.throws(() => readFlorConfigSync(repo.location), { code: 'CONFIG_INVALID', data: { key, value } })
    t.end()
  })
}

t.test('the writer is chosen once and stays', (t) => {
  const repo = repository(t)
  const writer = ensureWriterSync(repo.location)
  t.match(writer, WRITER_NAME)
  t.equal(ensureWriterSync(repo.location), writer)
  t.equal(readFlorConfigSync(repo.location).writer, writer)
  const other = replaceWriterSync(repo.location, writer, 'other')
  t.equal(other, 'other')
  t.equal(readFlorConfigSync(repo.location).writer, other)
  t.end()
})

t.test('a writer in the global configuration is not one', (t) => {
  const repo = repository(t)
  repo.do('config', '--global', 'flor.writer', 'shared')
  t.teardown(() => repo.do('config', '--global', '--unset', 'flor.writer'))
  t.equal(readFlorConfigSync(repo.location).writer, undefined)
  t.not(ensureWriterSync(repo.location), 'shared')
  t.end()
})

t.test('processes that choose at once agree', async (t) => {
  const repo = repository(t)
  const config = new URL('../../../lib/git/config.js', import.meta.url).href
  const location = new URL('../../../lib/git/location.js', import.meta.url).href
  const program = `
    import { ensureWriterSync } from ${JSON.stringify(config)}
    import { locateRepositorySync } from ${JSON.stringify(location)}
    console.log(ensureWriterSync(locateRepositorySync(process.cwd())))`
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: repo.path }),
    ),
  )
  const names = new Set(answers.map((answer) => answer.stdout.trim()))
  t.equal(names.size, 1)
  t.equal(repo.git('config', '--get-all', 'flor.writer'), [...names][0])
})

t.test('random writers are valid and differ', (t) => {
  const names = Array.from({ length: 200 }, randomWriter)
  t.ok(names.every((name) => WRITER_NAME.test(name) && name.length === 10))
  t.equal(new Set(names).size, 200)
  t.end()
})

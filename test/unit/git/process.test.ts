import t from 'tap'
import { cleanGitEnvironment, git, gitSync, splitItems } from '../../../lib/git/process.js'
import { isFlorError } from '../../../lib/model/errors.js'
import { temporaryFolder } from '../../support/environment.js'
import { repository } from '../../support/repository.js'

t.test('git and gitSync hand over input and give raw bytes back', async (t) => {
  const { path: cwd } = repository(t)
  const bytes = Buffer.from([0, 255, 10, 13, 0])
  const oid = gitSync(['hash-object', '-w', '--stdin'], { cwd, input: bytes }).stdout.toString().trim()
  t.same(gitSync(['cat-file', 'blob', oid], { cwd }).stdout, bytes)
  t.same((await git(['cat-file', 'blob', oid], { cwd })).stdout, bytes)
})

t.test('an answer may be larger than any pipe buffer', async (t) => {
  const { path: cwd } = repository(t)
  const large = Buffer.alloc(3 << 20, 'x')
  const oid = (await git(['hash-object', '-w', '--stdin'], { cwd, input: large })).stdout.toString().trim()
  t.equal(gitSync(['cat-file', 'blob', oid], { cwd }).stdout.length, large.length)
  t.equal((await git(['cat-file', 'blob', oid], { cwd })).stdout.length, large.length)
})

t.test('a failure keeps argv, cwd, exit code and stderr', async (t) => {
  const { path: cwd } = repository(t)
  const args = ['cat-file', 'blob', 'nothing']
  const check = (error: unknown) => {
    if (!isFlorError(error, 'GIT_FAILED')) throw error
    t.same(error.data.argv, ['git', ...args])
    t.equal(error.data.cwd, cwd)
    t.equal(error.data.exitCode, 128)
    t.match(error.data.stderr, /nothing/)
    t.match(error.message, /git cat-file failed with exit code 128: fatal: /)
  }
  t.plan(10)
  await git(args, { cwd }).catch(check)
  try {
    gitSync(args, { cwd })
  } catch (error) {
    check(error)
  }
})

t.test('an expected exit code is an answer', async (t) => {
  const { path: cwd } = repository(t)
  t.equal(gitSync(['config', 'no.such'], { cwd, expectExit: [0, 1] }).exitCode, 1)
  t.equal((await git(['config', 'no.such'], { cwd, expectExit: [0, 1] })).exitCode, 1)
})

t.test('a missing git and a missing folder are told apart', async (t) => {
  const cwd = temporaryFolder(t)
  const env = { PATH: cwd }
  t.throws(() => gitSync(['version'], { cwd, env }), { code: 'GIT_MISSING' })
  await t.rejects(git(['version'], { cwd, env }), { code: 'GIT_MISSING' })
  t.throws(() => gitSync(['version'], { cwd: `${cwd}/no` }), {
    code: 'FILE_UNREADABLE',
    data: { path: `${cwd}/no` },
  })
})

t.test('a program that does not read its input does not break the caller', async (t) => {
  const { path: cwd } = repository(t)
  const input = Buffer.alloc(1 << 20)
  t.equal(gitSync(['version'], { cwd, input }).exitCode, 0)
  t.equal((await git(['version'], { cwd, input })).exitCode, 0)
})

t.test('messages are not translated', (t) => {
  const { path: cwd } = repository(t)
  const env = { ...process.env, LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' }
  t.match(
    gitSync(['cat-file', 'blob', 'nothing'], { cwd, env, expectExit: [128] }).stderr,
    /Not a valid object/,
  )
  t.end()
})

t.test('the clean environment forgets what hooks export and keeps the rest', (t) => {
  const clean = cleanGitEnvironment({
    GIT_DIR: '/x',
    GIT_INDEX_FILE: 'i',
    GIT_PREFIX: '',
    PATH: '/bin',
    GIT_EDITOR: 'e',
  })
  t.same(clean, { PATH: '/bin', GIT_EDITOR: 'e' })
  t.end()
})

t.test('items end at their separator', (t) => {
  t.same(splitItems(Buffer.from('a\0b\0')), ['a', 'b'])
  t.same(splitItems(Buffer.from('')), [])
  t.same(splitItems(Buffer.from('a\n\nb\n'), '\n'), ['a', '', 'b'])
  t.end()
})

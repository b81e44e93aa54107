import t from 'tap'
import { reportError } from '../../../lib/cli/errors/report.js'
import { displayWidth } from '../../../lib/cli/render/width.js'
import { FlorError } from '../../../lib/model/errors.js'

t.test('an expected failure is told with its causes and the next command to type', async (t) => {
  const beneath = new Error('ENOENT: no such file')
  const error = new FlorError("no run is called 'zz'", {
    code: 'RUN_NOT_FOUND',
    data: { run: 'zz' },
    cause: new Error('index has no such key', { cause: beneath }),
  })
  const { text, exitCode } = reportError(error)
  t.equal(exitCode, 1)
  t.strictSame(text.split('\n'), [
    "error: no run is called 'zz'",
    'caused by: index has no such key',
    'caused by: ENOENT: no such file',
    'hint: git flor log --oneline    lists all runs',
    '',
  ])
})

t.test('a caret stands under the place of a predicate that was not understood', async (t) => {
  const text = 'größe > 1 andd lr < 2'
  const offset = text.indexOf('andd')
  const report = reportError(
    new FlorError('expected "and"', { code: 'PREDICATE_SYNTAX', data: { text, offset } }),
  )
  const lines = report.text.split('\n')
  t.equal(lines[1], `    ${text}`)
  t.equal(lines[2]?.indexOf('^'), 4 + offset)
})

t.test('the caret counts columns, and stays on the line where the place is', async (t) => {
  const text = 'a > 1\nand 模 >> 2'
  const offset = text.indexOf('>>')
  const lines = reportError(
    new FlorError('x', { code: 'PREDICATE_SYNTAX', data: { text, offset } }),
  ).text.split('\n')
  t.equal(lines[1], '    and 模 >> 2')
  t.equal(lines[2], '    '.concat(' '.repeat(7), '^'))
})

t.test('of a line that is wider than the terminal, what stands around the caret is shown', async (t) => {
  const text = `opt = 'adam' and\t"val/模型" > > 3 and ${'loss < 2 or '.repeat(20)}lr > 1`
  for (const columns of [20, 40, 80, 200]) {
    for (const offset of [0, text.indexOf('> >') + 2, text.length]) {
      const error = new FlorError('x', { code: 'PREDICATE_SYNTAX', data: { text, offset } })
      const [, line = '', caret = ''] = reportError(error, columns).text.split('\n')
      t.ok(displayWidth(line) <= columns && displayWidth(caret) <= columns, `${columns}: ${line}`)
      const under = line.slice(4).replace(/^…/, '')
      const before = [...line].reduce(
        ({ width, taken }, character) =>
          width < caret.length - 1
            ? { width: width + displayWidth(character), taken: taken + character }
            : { width, taken },
        { width: 0, taken: '' },
      ).taken
      t.ok(under.length > 4, 'something is left of it')
      const rest = line.slice(before.length)
      const wanted = text.slice(offset, offset + 3)
      t.ok(offset === text.length ? rest === '' : rest.startsWith(wanted), `${columns}, ${offset}: ${line}`)
    }
  }
})

t.test('exit codes tell usage, fatal, interrupted and expected failures apart', async (t) => {
  const exit = (code: ConstructorParameters<typeof FlorError>[1]['code']): number =>
    reportError(new FlorError('x', { code })).exitCode
  t.equal(exit('USAGE'), 129)
  t.equal(exit('NOT_A_REPOSITORY'), 128)
  t.equal(exit('INTERRUPTED'), 130)
  t.equal(exit('NO_RUNS'), 1)
})

t.test('a hint names the writer who is not trusted', async (t) => {
  const data = { writers: ['alice-1', 'bob-2'], runs: [] }
  const { text } = reportError(new FlorError('x', { code: 'NOT_TRUSTED', data }))
  t.match(text, /\nhint: git config --add flor\.trust alice-1 {4}/)
})

t.test('what git printed is shown once', async (t) => {
  const error = new FlorError('git push failed with exit code 1: fatal: no route', {
    code: 'GIT_FAILED',
    data: { argv: ['git', 'push'], stderr: 'fatal: no route\nremote said more\n' },
  })
  const { text } = reportError(error)
  t.equal(text.match(/no route/g)?.length, 1)
  t.match(text, /caused by: git: remote said more/)
})

t.test("control characters in the user's own value are not sent to the terminal", async (t) => {
  const { text } = reportError(new FlorError('no run \u001b[2J', { code: 'RUN_NOT_FOUND' }))
  t.notMatch(text, /\u001b/)
})

t.test('what the system refuses is told in its words, without a stack', async (t) => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  })
  t.strictSame(reportError(full), {
    text: 'error: ENOSPC: no space left on device, write\nhint: df -h .    tells how full the disk is\n',
    exitCode: 128,
  })
  const level = Object.assign(new Error('IO error: /x/000003.log: File too large'), {
    code: 'LEVEL_IO_ERROR',
  })
  t.equal(reportError(level).text, 'error: IO error: /x/000003.log: File too large\n')
  const noSpace = Object.assign(new Error('IO error: /x/000003.log: No space left on device'), {
    code: 'LEVEL_IO_ERROR',
  })
  t.equal(
    reportError(new Error('Database failed to open', { cause: noSpace })).text,
    'error: IO error: /x/000003.log: No space left on device\nhint: df -h .    tells how full the disk is\n',
  )
  const defect = Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' })
  t.match(
    reportError(defect).text,
    /^fatal: unexpected failure: /,
    'a file that is missing is looked for wrongly',
  )
})

t.test('a defect shows its stack', async (t) => {
  const { text, exitCode } = reportError(new TypeError('x is undefined'))
  t.equal(exitCode, 128)
  t.match(text, /unexpected failure: TypeError: x is undefined\n {4}at /)
})

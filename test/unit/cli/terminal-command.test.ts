import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  findTerminalProgram,
  TypescriptBody,
  terminalCommand,
} from '../../../lib/cli/child/terminal-command.js'
import { BSD_SCRIPT } from '../../support/bsd-script.js'
import { temporaryFolder } from '../../support/environment.js'

const skip = findTerminalProgram(process.env) === 'util-linux' ? {} : { skip: 'no script(1) of util-linux' }

t.test('what script(1) writes around an output is taken off, whatever the pieces are', async () => {
  const head = 'Script started on 2026-11-25 21:25:39+00:00 [COMMAND="x" TERM="xterm"]\n'
  const foot = '\nScript done on 2026-11-25 21:25:39+00:00 [COMMAND_EXIT_CODE="7"]\n'
  const body = fc.string({ unit: fc.constantFrom('a', '\n', 'Script done on ', '\r\n', 'é'), maxLength: 30 })
  fc.assert(
    fc.property(body, fc.array(fc.nat(300)), (text, cuts) => {
      const bytes = Buffer.from(head + text + foot)
      const places = [0, ...cuts.filter((it) => it < bytes.length).sort((a, b) => a - b), bytes.length]
      const reader = new TypescriptBody()
      const pieces = places.slice(1).map((end, i) => reader.push(bytes.subarray(places[i], end)))
      return Buffer.concat([...pieces, reader.finish()]).toString() === text
    }),
  )
})

t.test('an output without such lines, as macOS and FreeBSD write it, is whole', async (t) => {
  const reader = new TypescriptBody()
  const pieces = ['loss', '=1\n', 'Script of mine\nend'].map((text) => reader.push(Buffer.from(text)))
  t.equal(Buffer.concat([...pieces, reader.finish()]).toString(), 'loss=1\nScript of mine\nend')
})

t.test('what is held back for the foot stays small', async (t) => {
  const reader = new TypescriptBody()
  reader.push(Buffer.from('Script started on x\n'))
  const piece = Buffer.from(`\nScript done on ${'x'.repeat(5000)}`)
  t.ok(reader.push(piece).length > 4000)
})

t.test('arguments reach the program as they were given, and SHELL is what it was', skip, async (t) => {
  const folder = temporaryFolder(t)
  const print = join(folder, 'print.cjs')
  writeFileSync(print, 'console.log(JSON.stringify([process.argv.slice(2), process.env.SHELL ?? null]))')
  const given = ["it's", '"quoted"', '$HOME `x` \\', 'two words', '', '*', 'ä\n!', '-n']
  const run = (env: NodeJS.ProcessEnv): unknown => {
    const made = terminalCommand('util-linux', {
      command: [process.execPath, print, ...given],
      env,
      copy: '/dev/null',
      pidFile: join(folder, 'pid'),
      redirections: `>'${join(folder, 'out')}'`,
    })
    spawnSync(made.program, made.args, { env: made.env, stdio: 'ignore' })
    return JSON.parse(readFileSync(join(folder, 'out'), 'utf8'))
  }
  const { SHELL: _, ...env } = process.env
  t.strictSame(run({ ...env, SHELL: "/bin/it's" }), [given, "/bin/it's"])
  t.strictSame(run(env), [given, null])
  t.match(readFileSync(join(folder, 'pid'), 'utf8'), /^\d+\n$/)
})

t.test('each kind of script(1) gets the command line of its manual', async (t) => {
  const wanted = {
    command: ['node', "it's.js"],
    env: { SHELL: '/bin/fish', A: '1' },
    copy: '/tmp/copy',
    pidFile: '/tmp/pid',
    redirections: '3>&-',
    size: { rows: 22, columns: 91 },
  }
  const linux = terminalCommand('util-linux', wanted)
  t.strictSame(linux.args, [
    '--quiet',
    '--return',
    '--flush',
    '--command',
    "SHELL='/bin/fish'; stty rows 22 cols 91 2>/dev/null; echo $$ >'/tmp/pid'; exec 'node' 'it'\\''s.js' 3>&-",
    '/tmp/copy',
  ])
  t.strictSame(linux.env, { SHELL: '/bin/sh', A: '1' }, 'it starts $SHELL')
  const bsd = terminalCommand('bsd', wanted)
  t.strictSame(bsd.args, [
    '-q',
    '-t',
    '0',
    '/tmp/copy',
    '/bin/sh',
    '-c',
    "stty rows 22 cols 91 2>/dev/null; echo $$ >'/tmp/pid'; exec 'node' 'it'\\''s.js' 3>&-",
  ])
  t.strictSame(bsd.env, wanted.env)
})

t.test('which script(1) there is, is told by its version or by what it does', skip, async (t) => {
  const stand = (name: string, script: string): NodeJS.ProcessEnv => {
    const folder = join(temporaryFolder(t), name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'script'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  }
  t.equal(findTerminalProgram(stand('new', 'echo script from util-linux 2.38.1')), 'util-linux')
  t.equal(findTerminalProgram(stand('old', 'echo script from util-linux 2.20.1')), undefined)
  t.equal(findTerminalProgram(stand('bsd', BSD_SCRIPT)), 'bsd')
  t.equal(findTerminalProgram(stand('openbsd', 'echo "script: unknown option" >&2; exit 1')), undefined)
  t.equal(findTerminalProgram(stand('careless', 'exit 0')), undefined, 'one that loses exit codes')
  t.equal(findTerminalProgram({ PATH: '/nowhere' }), undefined)
})

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  hasTerminalProgram,
  TypescriptBody,
  terminalCommand,
} from '../../../lib/cli/child/terminal-command.js'
import { temporaryFolder } from '../../support/environment.js'

const skip = hasTerminalProgram(process.env) ? {} : { skip: 'no script(1) of util-linux' }

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
    const made = terminalCommand({
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

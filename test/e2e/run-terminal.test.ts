import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { BSD_SCRIPT } from '../support/bsd-script.js'
import { temporaryFolder } from '../support/environment.js'
import { repository } from '../support/repository.js'
import { gitFlor, hasScript, inTerminal, newestRun } from './run-support.js'

const PROBE = `[ -t 0 ] && echo in-tty
[ -t 1 ] && echo out-tty
[ -t 2 ] && echo err-tty >&2
stty size </dev/tty
printf '\\033[32mloss=0.5\\033[0m\\n'
echo "it is $1, \${SHELL:-no shell}"
exit 7
`

const options = hasScript ? {} : { skip: 'no script(1) of util-linux' }

t.test('on a terminal a program finds a terminal, with its size, and is recorded', options, async (t) => {
  const repo = repository(t).write('probe.sh', PROBE).commit('probe')
  const shown = await inTerminal(
    repo.path,
    `SHELL=/bin/x git flor run --capture sh probe.sh "x '"'"'y"; echo rc=$?`.replace(`'"'"'`, "'"),
  )
  t.match(shown, /in-tty\nout-tty\nerr-tty\n22 91\n\x1b\[32mloss=0\.5\x1b\[0m\nit is x 'y, \/bin\/x\n/)
  t.match(shown, /rc=7/)
  t.match(newestRun(repo.path), { exitCode: 7, metrics: [{ name: 'loss', last: 0.5 }] })
  const output = gitFlor(repo.path, 'show', '--output').stdout
  t.match(output, /^(?:.*\n)?in-tty\nout-tty\nerr-tty\n22 91\nloss=0\.5\nit is x 'y, \/bin\/x\n$/)
  t.notMatch(output, /Script (?:started|done)/)
})

t.test(
  'a script(1) with the command line of macOS and FreeBSD makes the terminal as well',
  options,
  async (t) => {
    const repo = repository(t).write('probe.sh', PROBE).commit('probe')
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'script'), `#!/bin/sh\n${BSD_SCRIPT}`, { mode: 0o755 })
    const shown = await inTerminal(
      repo.path,
      `PATH=${folder}:$PATH git flor run -q sh probe.sh "it's"; echo rc=$?`,
    )
    t.match(shown, /in-tty\nout-tty\nerr-tty\n22 91\n\x1b\[32mloss=0\.5\x1b\[0m\nit is it's, /)
    t.match(shown, /rc=7/)
    t.match(newestRun(repo.path), { exitCode: 7 })
    t.match(gitFlor(repo.path, 'show', '--output').stdout, /in-tty\nout-tty\nerr-tty\n22 91\nloss=0\.5\n/)
    const stopped = await inTerminal(
      repo.path,
      `PATH=${folder}:$PATH git flor run -q sh -c 'echo ready; sleep 20'; echo rc=$?`,
      [[/ready/, '\x03']],
    )
    t.match(stopped, /rc=130/)
  },
)

t.test('a stream that is no terminal stays none', options, async (t) => {
  const repo = repository(t).write('probe.sh', PROBE).commit('probe')
  const shown = await inTerminal(repo.path, 'git flor run -q sh probe.sh 2>err; echo rc=$?; cat err')
  t.match(shown, /in-tty\nout-tty\n22 91/)
  t.notMatch(shown, /err-tty/)
  t.match(
    await inTerminal(repo.path, 'git flor run -q sh probe.sh >out; cat out'),
    /err-tty\n(?:.*\n)*in-tty\n22 91/,
  )
  t.match(await inTerminal(repo.path, 'echo typed | git flor run -q cat'), /typed/)
})

t.test('Ctrl-C reaches the program, once and twice', options, async (t) => {
  const patient = `let n = 0
process.on('SIGINT', () => { console.log('got ' + ++n); if (n === 2) process.exit(9) })
console.log('ready')
setTimeout(() => {}, 20_000)
`
  const repo = repository(t).write('patient.mjs', patient).commit('patient')
  const keys = [
    [/ready/, '\x03'],
    [/got 1/, '\x03'],
  ] as const
  t.match(
    await inTerminal(repo.path, 'git flor run -q node patient.mjs; echo rc=$?', keys),
    /got 2\n(?:.*\n)*rc=9/,
  )
  t.match(newestRun(repo.path), { status: 'failed', exitCode: 9 })
  const once = await inTerminal(repo.path, 'git flor run -q sh -c "echo ready; sleep 20"; echo rc=$?', [
    [/ready/, '\x03'],
  ])
  t.match(once, /rc=130/)
  t.match(newestRun(repo.path), { status: 'interrupted', signal: 'SIGINT' })
})

t.test('in the background of a terminal a command runs to its end', options, async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const shown = await inTerminal(
    repo.path,
    `bash -ic 'git flor run -q sh -c "sleep 0.3; test -t 1 && echo loss=1" & wait; jobs; echo over'`,
  )
  t.match(shown, /loss=1\n/)
  t.match(shown, /over/)
  t.match(gitFlor(repo.path, 'show', '--output').stdout, /loss=1/)
})

const COUNT = `let n = 0
const timer = setInterval(() => {
  console.log('tick ' + ++n)
  if (n === 30) clearInterval(timer)
}, 50)
`

t.test('Ctrl-Z stops a command, and fg lets it go on', options, async (t) => {
  const repo = repository(t).write('count.mjs', COUNT).commit('count')
  const shown = await inTerminal(repo.path, "PS1='$ ' bash --norc --noprofile -i", [
    [/\$ $/, "git flor run -q node count.mjs; echo r''c=$?\n"],
    [/tick 3\n/, '\x1a'],
    [/Stopped[\s\S]*\$ $/, "stty -a | grep -o '.icanon'; echo he''re\n"],
    [/here\n[\s\S]*\$ $/, 'fg\n'],
    [/tick 30\n[\s\S]*\$ $/, "stty -a | grep -o '.icanon'; exit\n"],
  ])
  t.match(shown, /tick 3\n[\s\S]*Stopped[\s\S]* icanon\nhere\n[\s\S]*tick 30\n[\s\S]* icanon\n/)
  t.notMatch(shown, /-icanon/, 'the terminal is the shell’s again')
  t.match(newestRun(repo.path), { status: 'completed', output: { lineCount: 30 } })
})

t.test('Ctrl-Z is nothing where no shell would let the command go on again', options, async (t) => {
  const repo = repository(t).write('count.mjs', COUNT).commit('count')
  const shown = await inTerminal(repo.path, 'git flor run -q node count.mjs; echo rc=$?', [
    [/tick 3\n/, '\x1a'],
  ])
  t.match(shown, /tick 30\n[\s\S]*rc=0/)
})

t.test(
  'a command that is killed on a terminal is recorded as killed, and nothing else is printed',
  options,
  async (t) => {
    const repo = repository(t).write('a', '').commit('a')
    t.match(
      await inTerminal(repo.path, "git flor run -q sh -c 'kill -9 $$'; echo rc=$?"),
      /^(?:\^@)?rc=137\n$/,
    )
    t.match(newestRun(repo.path), { status: 'interrupted', signal: 'SIGKILL' })
  },
)

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { project, train } from '../support/training.js'

const command = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))
const bin = temporaryFolder(undefined, 'flor-bin-')
symlinkSync(command, join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`
delete process.env.NO_COLOR
process.env.TERM = 'xterm'

const withoutScript =
  spawnSync('script', ['--version']).status !== 0 && 'there is no `script` of util-linux to make a terminal'

/** Runs a shell command on a pseudo terminal of 80 columns, to its end. */
function onTerminal(
  cwd: string,
  line: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn('script', ['-qefc', `stty cols 80 rows 24; ${line}`, '/dev/null'], {
      cwd,
      env: { ...process.env, ...env },
      // Kept open: at its end `script` would send the program an end of file.
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.on('close', (code) => resolve({ output, code }))
  })
}

const TRAINING = `import * as flor from 'git-flor'
for (const epoch of flor.loop('epoch', Array.from({ length: 5000 }, (_, i) => i))) flor.log('loss', epoch)
`

t.test(
  'on a terminal git flor pages and colours as the configuration says',
  { skip: withoutScript },
  async (t) => {
    const repo = project(t, { 'train.js': TRAINING })
    train(repo)
    const yellow = '\u001b[33m'
    const coloured = async (line: string, env: NodeJS.ProcessEnv = {}): Promise<boolean> => {
      const { output, code } = await onTerminal(repo.path, line, env)
      t.equal(code, 0, output)
      t.match(output, /train\.js/)
      return output.includes(yellow)
    }
    const through = { GIT_PAGER: 'sed s/^/PAGED:/' }
    t.match((await onTerminal(repo.path, 'git flor log', through)).output, /PAGED:/)
    t.equal(await coloured('git flor log', through), true, 'a pager gets colours')
    t.notMatch((await onTerminal(repo.path, 'git --no-pager flor log', through)).output, /PAGED:/)
    t.notMatch((await onTerminal(repo.path, 'git flor log | cat', through)).output, /PAGED:/)
    t.match((await onTerminal(repo.path, 'git -p flor log', through)).output, /PAGED:/)
    t.match((await onTerminal(repo.path, 'git -c pager.flor.log="sed s/^/OWN:/" flor log')).output, /OWN:/)
    t.match((await onTerminal(repo.path, 'git -c pager.flor="sed s/^/OWN:/" flor log')).output, /OWN:/)
    t.notMatch(
      (await onTerminal(repo.path, 'git -c pager.flor.log=false flor log', through)).output,
      /PAGED:/,
    )
    t.match((await onTerminal(repo.path, 'git flor log', { GIT_PAGER: 'no-such-pager' })).output, /train\.js/)
    t.match((await onTerminal(repo.path, 'git flor log', { GIT_PAGER: 'echo "$LESS"' })).output, /FRX/)

    t.equal(await coloured('git -c color.pager=false flor log', through), false)
    t.equal(await coloured('git -c color.ui=false flor log'), false)
    t.equal(await coloured('git -c color.ui=false -c color.flor=auto flor log'), true)
    t.equal(await coloured('git -c color.flor=always flor log | cat'), true)
    t.equal(await coloured('git flor log | cat'), false)
    t.equal(await coloured('git flor log', { NO_COLOR: '1' }), false)
    t.equal(await coloured('git flor log --color', { NO_COLOR: '1' }), true, 'who asks for it gets it')
    t.equal(await coloured('git flor log --no-color'), false)
    t.equal(await coloured('git flor log', { TERM: 'dumb' }), false)
    const own = await onTerminal(repo.path, 'git -c color.flor.oid="bold blue" flor log')
    t.match(own.output, '\u001b[1;34m')
    const bad = await onTerminal(repo.path, 'git -c color.flor.oid=blurple flor log')
    t.match(bad.output, /bad value for color\.flor\.oid: "blurple"/)
  },
)

t.test(
  'while a pager is open other commands have the index, and leaving it early is quiet',
  {
    skip: withoutScript,
  },
  async (t) => {
    const repo = project(t, { 'train.js': TRAINING })
    train(repo)
    const go = join(temporaryFolder(t), 'go')
    // The pager reads one line and then nothing, until it is let go.
    const pager = `sh -c 'read line; echo OPEN; while ! [ -e "${go}" ]; do sleep 0.1; done'`
    const paged = onTerminal(repo.path, 'git flor log loss; echo "code $?"', { GIT_PAGER: pager })
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const other = spawnSync('git', ['flor', 'log', '--oneline'], { cwd: repo.path, encoding: 'utf8' })
    t.equal(other.status, 0, other.stderr)
    mkdirSync(go)
    const { output } = await paged
    t.match(output, /OPEN\s+code (0|141)\s*$/, 'and nothing else')
  },
)

t.test(
  'a manual page is opened for git flor <command> --help on a terminal',
  {
    skip: withoutScript || (spawnSync('man', ['--version']).status !== 0 && 'there is no man'),
  },
  async (t) => {
    const { output } = await onTerminal('/', 'git flor log --help', { MANPAGER: 'cat', MANWIDTH: '80' })
    t.match(output, /GIT-FLOR-LOG\(1\)/)
    const short = spawnSync('git', ['flor', 'log', '--help'], { encoding: 'utf8' })
    t.match(short.stdout, /^usage: git flor log/, 'elsewhere the short help is printed')
  },
)

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../support/environment.js'
import type { TestRepository } from '../support/repository.js'
import { project, train } from '../support/training.js'

const bin = temporaryFolder(undefined, 'flor-bin-')
symlinkSync(fileURLToPath(new URL('../../command/git-flor.js', import.meta.url)), join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`

const completions = fileURLToPath(new URL('../../../completions', import.meta.url))
/** Where Git's own completion lies, by distribution. */
const GIT_COMPLETION = [
  '/usr/share/bash-completion/completions/git',
  '/usr/share/git-core/contrib/completion/git-completion.bash',
  '/usr/share/git/completion/git-completion.bash',
].find((path) => existsSync(path))

const has = (program: string): boolean => spawnSync(program, ['-c', ':']).status === 0

const TRAINING = `import * as flor from 'git-flor'
flor.arg('lr', 0.1)
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('val:loss', epoch)
`

function trained(): { repo: TestRepository; run: string } {
  const repo = project(t, { 'train.js': TRAINING, 'sub dir/a file.txt': '' })
  train(repo)
  const run = execFileSync('git', ['flor', 'log', '--oneline'], { cwd: repo.path, encoding: 'utf8' })
  return { repo, run: run.slice(0, 7) }
}

t.test(
  'bash completes through the completion of git',
  {
    skip: GIT_COMPLETION === undefined && "git's own completion for bash is not installed",
  },
  (t) => {
    const { repo, run } = trained()
    /** What readline would get for a line whose words are these. */
    const complete = (...words: string[]): string[] => {
      const script = `
      source /usr/share/bash-completion/bash_completion 2>/dev/null
      source '${GIT_COMPLETION}'
      source '${completions}/git-flor.bash'
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
      COMP_LINE=\${COMP_LINE// = /=}; COMP_LINE=\${COMP_LINE// : /:}; COMP_POINT=\${#COMP_LINE}
      __git_wrap__git_main
      printf '%s|\\n' "\${COMPREPLY[@]}"`
      const ran = spawnSync('bash', ['-c', script, 'bash', ...words], { cwd: repo.path, encoding: 'utf8' })
      t.equal(ran.stderr, '')
      return ran.stdout.split('\n').filter((line) => line !== '' && line !== '|')
    }
    t.strictSame(complete('git', 'flor', 'rei'), ['reindex |'])
    t.strictSame(complete('git', 'flor', 'log', '--onel'), ['--oneline |'])
    t.strictSame(complete('git', 'flor', 'help', 'che'), ['checkpoint |'])
    t.strictSame(complete('git', 'flor', 'capture', '--prev'), ['--preview |'])
    t.match(complete('git', 'flor', 'show', run), [new RegExp(`^${run}[0-9a-f]{3} \\|$`)])
    t.strictSame(complete('git', '-C', repo.path, 'flor', 'log', 'l'), ['lr |'])
    t.strictSame(complete('git', 'flor', 'log', '--status', '=', 'fa'), ['failed |'], 'readline splits at =')
    t.strictSame(complete('git', 'flor', 'log', 'val', ':', 'lo'), ['loss |'], 'and at :')
    t.strictSame(complete('git', 'flor', 'log', 'main..ma'), ['main..main |'])
    t.strictSame(complete('git', 'flor', 'log', "'max("), ['max("val:loss")|'], 'readline closes the quote')
    t.strictSame(complete('git', 'flor', 'log', '"max('), ['max(\\"val:loss\\")|'])
    t.end()
  },
)

t.test('zsh completes through its own completion of git', { skip: !has('zsh') && 'there is no zsh' }, (t) => {
  const { repo, run } = trained()
  /** What a Tab key shows in a zsh on a pseudo terminal. */
  const complete = (line: string): string => {
    const script = `
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z "cd '${repo.path}'; fpath=('${completions}' \\$fpath); autoload -Uz compinit; compinit -u -d '${bin}/dump'; PS1=; LISTMAX=1000; setopt no_beep"
      zpty -w z "zstyle ':completion:*' list-prompt ''; echo re''ady"
      zpty -m z '*ready*'
      zpty -n -w z ${JSON.stringify(line)}$'\\t\\t'
      sleep 3
      zpty -n -w z $'\\C-u\\nexit\\n'
      while zpty -r z chunk; do print -rn -- "$chunk"; done`
    return spawnSync('zsh', ['-f', '-c', script], { cwd: repo.path, encoding: 'utf8', timeout: 60_000 })
      .stdout
  }
  t.match(complete('git flor rei'), /git flor reindex/)
  t.match(complete(`git flor show ${run}`), new RegExp(`git flor show ${run}[0-9a-f]{3}`))
  t.match(complete('git flor log l'), /lr/)
  t.match(complete('git flor log --onel'), /git flor log --oneline/)
  t.match(complete('git flor capture --prev'), /git flor capture --preview/)
  t.match(complete('git flor log val'), /git flor log val\\?:loss/)
  t.end()
})

t.test('fish completes', { skip: !has('fish') && 'there is no fish' }, (t) => {
  const { repo, run } = trained()
  const complete = (line: string): string[] => {
    const script = `source '${completions}/git-flor.fish'; complete -C '${line}'`
    const ran = spawnSync('fish', ['--no-config', '-c', script], { cwd: repo.path, encoding: 'utf8' })
    t.equal(ran.stderr, '')
    return ran.stdout.split('\n').filter(Boolean)
  }
  t.match(complete('git flor rei'), [/^reindex\trebuild the local index$/])
  t.match(complete(`git flor show ${run}`), [new RegExp(`^${run}[0-9a-f]{3}\ttrain\\.js, .*lr=0\\.1$`)])
  t.strictSame(complete('git flor log l'), ['lr\targument'])
  t.match(complete('git flor log val'), [/^val:loss\t/])
  t.strictSame(complete('git flor log --onel'), ['--oneline\tone line a run'])
  t.match(complete('git flor capture --prev'), [/^--preview\t/])
  t.strictSame(complete('git flor checkpoint --extract sub'), ['sub dir/'])
  t.end()
})

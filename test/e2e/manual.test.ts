import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../support/environment.js'

const top = fileURLToPath(new URL('../../..', import.meta.url))
const hasMan = spawnSync('man', ['--version']).error === undefined

t.test(
  'where npm installs the package for all, git and man find its pages by every name',
  { skip: !hasMan && 'there is no man' },
  async (t) => {
    const prefix = temporaryFolder(t)
    const options = ['--prefix', prefix, '--offline', '--ignore-scripts', '--no-audit', '--no-fund']
    const installed = spawnSync('npm', ['install', '-g', ...options, top], { encoding: 'utf8', cwd: prefix })
    t.equal(installed.status, 0, installed.stderr)
    const { MANPATH: _, ...inherited } = process.env
    const env = {
      ...inherited,
      PATH: `${join(prefix, 'bin')}${delimiter}${process.env.PATH}`,
      MANPAGER: 'cat',
      PAGER: 'cat',
    }
    const titles = [
      [['help', 'flor'], 'GIT-FLOR'],
      [['flor', '--help'], 'GIT-FLOR'],
      [['help', 'flor-log'], 'GIT-FLOR-LOG'],
      [['help', 'git-flor-backfill'], 'GIT-FLOR-BACKFILL'],
    ] as const
    for (const [args, title] of titles) {
      const { stdout, stderr, status } = spawnSync('git', args, { cwd: prefix, env, encoding: 'utf8' })
      t.equal(status, 0, stderr)
      t.ok(stdout.startsWith(`${title}(1)`), `${args.join(' ')}: ${stdout.slice(0, 60)}`)
    }
  },
)

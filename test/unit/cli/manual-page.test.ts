import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Command } from '../../../lib/cli/command.js'
import { COMMANDS } from '../../../lib/cli/commands/index.js'
import { formatManualPage } from '../../../lib/cli/manual-page.js'
import { temporaryFolder } from '../../support/environment.js'

const built = fileURLToPath(new URL('../../../man/', import.meta.url))
const pages = readdirSync(built).sort()

t.test('every command has a page that npm installs', (t) => {
  const named = COMMANDS.filter((entry) => entry.isHidden !== true).flatMap(({ name }) => [
    `git-flor-${name}.1`,
    `gitflor-${name}.1`,
  ])
  t.strictSame(pages, ['git-flor.1', ...named].sort())
  const { man } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'))
  t.strictSame(
    man,
    pages.map((name) => `./dist/man/${name}`),
    'npm run build lists new ones in package.json',
  )
  t.end()
})

t.test('a page tells every option, and texts stay what is to be typed', async (t) => {
  const page = readFileSync(join(built, 'git-flor-log.1'), 'utf8')
  const log = await COMMANDS.find((entry) => entry.name === 'log')?.load()
  for (const name of Object.keys(log?.options ?? {})) t.ok(page.includes(name.replaceAll('-', '\\-')), name)
  t.match(
    formatManualPage({ ...(log as Command), description: '.TH `x` \\n' }, { summary: "it's" }, edition),
    '\\&.TH \\(gax\\(ga \\en',
  )
})

const edition = { date: '2026-11-25', version: '1' }

for (const [program, args] of [
  ['mandoc', ['-T', 'lint', '-W', 'warning']],
  ['man', ['--warnings', '-l']],
  ['groff', ['-man', '-T', 'utf8', '-z', '-ww']],
] as const) {
  const isMissing = spawnSync(program, ['--version']).error !== undefined
  t.test(`${program} has nothing to warn of`, { skip: isMissing && `there is no ${program}` }, (t) => {
    for (const name of pages.filter((it) => it.startsWith('git-'))) {
      const { stdout, stderr } = spawnSync(program, [...args, join(built, name)], { encoding: 'utf8' })
      t.equal(program === 'man' ? stderr : stdout + stderr, '', name)
    }
    t.end()
  })
}

t.test(
  'what is on the page is what -h says',
  { skip: spawnSync('man', ['--version']).error !== undefined && 'no man' },
  (t) => {
    const file = join(temporaryFolder(t), 'x.1')
    writeFileSync(file, readFileSync(join(built, 'git-flor-log.1')))
    const text = execFileSync('man', ['-l', file], {
      env: { ...process.env, MANWIDTH: '80', MANPAGER: 'cat' },
      encoding: 'utf8',
    })
    t.match(text.replaceAll(/.\u0008/g, ''), /--where <predicate>\s+only rows/)
    t.end()
  },
)

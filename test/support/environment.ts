import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What gives a test an end at which things are removed: a tap test. */
export interface Teardown {
  teardown(handler: () => unknown): unknown
}

const home = realpathSync(mkdtempSync(join(tmpdir(), 'flor-home-')))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
// FLOR_TRUTH is for the tests themselves: it says how much of test/e2e/truth is carried out.
for (const name of Object.keys(process.env)) {
  if (/^(GIT_|FLOR(?!_TRUTH$)|XDG_|LC_|EMAIL$|LANG)/.test(name)) delete process.env[name]
}
const globalConfig = join(home, '.gitconfig')
writeFileSync(
  globalConfig,
  `[user]
	name = Test Person
	email = test@example.org
[init]
	defaultBranch = main
[protocol "file"]
	allow = always
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
`,
)
Object.assign(process.env, {
  HOME: home,
  GIT_CONFIG_GLOBAL: globalConfig,
  GIT_CONFIG_NOSYSTEM: '1',
  LC_ALL: 'C',
  TZ: 'UTC',
  NO_COLOR: '1',
})

/** The fixed home folder of this test process. */
export const testHome: string = home

/** A folder outside of any repository, by its real path; removed with the test, or at the end of the process. */
export function temporaryFolder(t?: Teardown, prefix = 'flor-test-'): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)))
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  if (t === undefined) process.once('exit', remove)
  else t.teardown(remove)
  mkdirSync(path, { recursive: true })
  return path
}

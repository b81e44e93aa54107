// Writes the manual: one page a command, from the tables that `-h` prints, and git-flor(1) from man/git-flor.1 with the list of commands in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const HERE = '.\\" @commands@\n'

/**
 * Writes `<out>/man/`. What a command's options do not tell is written in `man/<command>.roff`.
 * @param {{ top: string, out: string }} options `top`: the project; `out`: the build's folder, compiled already
 */
export async function buildManual({ top, out }) {
  const load = (file) => import(pathToFileURL(join(out, 'lib/cli', file)).href)
  const [{ COMMANDS }, { formatCommandList, formatManualPage }] = await Promise.all([
    load('commands/index.js'),
    load('manual-page.js'),
  ])
  const folder = join(out, 'man')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const overview = readFileSync(join(top, 'man/git-flor.1'), 'utf8')
  if (!overview.includes(HERE)) throw new Error(`man/git-flor.1 has no line ${HERE}`)
  const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
  const date = /^\.TH \S+ \S+ "([\d-]+)"/m.exec(overview)?.[1]
  if (date === undefined) throw new Error('man/git-flor.1 has no date in its .TH line')
  writeFileSync(
    join(folder, 'git-flor.1'),
    overview.replace(HERE, `${formatCommandList(COMMANDS)}\n`).replace('@version@', version),
  )
  for (const entry of COMMANDS.filter((it) => it.isHidden !== true)) {
    const more = join(top, 'man', `${entry.name}.roff`)
    const sections = existsSync(more) ? readFileSync(more, 'utf8') : ''
    const page = formatManualPage(await entry.load(), entry, { date, version }, sections)
    writeFileSync(join(folder, `git-flor-${entry.name}.1`), page)
    // `git help flor-log` asks man for gitflor-log: only of its own commands git knows that a - belongs behind its name.
    writeFileSync(join(folder, `gitflor-${entry.name}.1`), `.so man1/git-flor-${entry.name}.1\n`)
  }
  if (out === join(top, 'dist')) listPages(top, folder)
}

/** npm installs the pages that package.json names one by one: a new command adds its own there. */
function listPages(top, folder) {
  const file = join(top, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const man = readdirSync(folder)
    .sort()
    .map((name) => `./dist/man/${name}`)
  if (JSON.stringify(manifest.man) === JSON.stringify(man)) return
  writeFileSync(file, `${JSON.stringify({ ...manifest, man }, undefined, 2)}\n`)
  console.log('package.json: the list of manual pages is a new one')
}

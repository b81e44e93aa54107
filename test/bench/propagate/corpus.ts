import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** One readable source file of one version: path inside the package, and text. */
export type Files = ReadonlyMap<string, string>

/** Where packages are kept between runs: outside the repository. */
export function cacheFolder(): string {
  return (
    process.env.FLOR_BENCH_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'git-flor-bench')
  )
}

/** Fetches a version by `npm pack` unless the cache has it, and unpacks it. Undefined when npm cannot get it. */
export function fetchVersion(name: string, version: string): string | undefined {
  const folder = join(cacheFolder(), `${name.replace('/', '+')}@${version}`)
  if (existsSync(folder)) return folder
  const partial = `${folder}.partial-${process.pid}`
  mkdirSync(partial, { recursive: true })
  try {
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', partial], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [archive] = readdirSync(partial)
    if (archive === undefined) return undefined
    execFileSync('tar', ['-xzf', archive], { cwd: partial, stdio: 'ignore' })
    rmSync(join(partial, archive))
    renameSync(partial, folder)
    return folder
  } catch {
    rmSync(partial, { recursive: true, force: true })
    return undefined
  }
}

const skippedFolders =
  /^(node_modules|dist|dist-es5|build|builds|umd|bundle|bundles|min|_esm5|_esm2015|docs?|website|\.git)$/
const sources = /\.(jsx?|mjs|cjs|tsx?|mts|cts)$/
const notSources = /(\.d\.[cm]?ts|[.-]min\.[cm]?js|\.bundle\.js)$/

/** Sources of an unpacked version, builds left out. */
export function readSources(folder: string): Files {
  const files = new Map<string, string>()
  const walk = (path: string, relative: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory()) {
        if (!skippedFolders.test(entry.name)) walk(join(path, entry.name), name)
      } else if (sources.test(entry.name) && !notSources.test(entry.name)) {
        const text = readFileSync(join(path, entry.name), 'utf8')
        if (text.length < 150_000 && !isGenerated(text)) files.set(name, text)
      }
    }
  }
  const [top] = readdirSync(folder)
  if (top !== undefined) walk(join(folder, top), '')
  return files
}

/** Long lines, or a compiler's marks. */
function isGenerated(text: string): boolean {
  const lines = text.split('\n').length
  return text.length / lines > 150 || /sourceMappingURL=|__esModule|_interopRequire/.test(text)
}

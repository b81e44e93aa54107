import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../support/environment.js'

const command = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))

/** The bundled command in PATH, so that `git flor` finds it. */
const bin = temporaryFolder(undefined, 'flor-bin-')
symlinkSync(command, join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`

/** Runs `git flor …`, its streams being pipes. */
export function gitFlor(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync('git', ['flor', ...args], { cwd, encoding: 'utf8', timeout: 60_000 })
}

/** What `--json` prints of the newest run. */
export function newestRun(cwd: string): Record<string, unknown> & { readonly run: string } {
  return JSON.parse(gitFlor(cwd, 'show', '--json').stdout).runs[0]
}

/** Whether a terminal can be made here, in the tests as in the command. */
export const hasScript = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)

/**
 * Runs a shell command in a terminal of 91 columns and 22 rows, as somebody at a keyboard would: `keys` are typed each after what is said to come before it was printed.
 * Answers all that the terminal showed.
 */
export function inTerminal(
  cwd: string,
  commandLine: string,
  keys: readonly (readonly [after: RegExp, key: string])[] = [],
): Promise<string> {
  const { NO_COLOR: _, ...env } = process.env
  const child = spawn('script', ['-qec', `stty cols 91 rows 22; ${commandLine}`, '/dev/null'], { cwd, env })
  const pending = [...keys]
  let shown = ''
  const watch = (piece: Buffer): void => {
    shown += piece.toString().replaceAll('\r', '')
    const next = pending[0]
    if (next === undefined || !next[0].test(shown)) return
    pending.shift()
    child.stdin.write(next[1])
  }
  child.stdout.on('data', watch)
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 45_000)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(shown)
    })
  })
}

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repository, type TestRepository } from '../../support/repository.js'

const built = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const command = join(built, 'command/git-flor.js')

/** A repository whose `train.mjs` is a fixture of the benchmarks, with the runtime of this build. */
export class BenchProject {
  readonly repository: TestRepository

  constructor(fixture = 'replay-training.mjs') {
    this.repository = repository()
      .write('.gitignore', 'node_modules/\n')
      .write('train.mjs', readFileSync(new URL(`../fixtures/${fixture}`, import.meta.url), 'utf8'))
      .commit('train')
    mkdirSync(join(this.repository.path, 'node_modules/git-flor'), { recursive: true })
    this.repository
      .write('node_modules/git-flor/package.json', '{"type":"module","exports":"./index.js"}')
      .write(
        'node_modules/git-flor/index.js',
        `export * from '${new URL('../../../lib/runtime/index.js', import.meta.url).href}'\n`,
      )
  }

  /** Runs a script of the project with arguments (`epochs=3`) to its end; answers the milliseconds that the process took, and its stdout. */
  train(
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    script = 'train.mjs',
  ): { readonly stdout: string; readonly ms: number } {
    const before = performance.now()
    const stdout = execFileSync(process.execPath, [script, ...args.flatMap((arg) => ['--flor', arg])], {
      cwd: this.repository.path,
      env: { ...process.env, FLOR_SEAL: 'later', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    })
    return { stdout, ms: performance.now() - before }
  }

  /** Runs `git flor`; answers its stdout and the milliseconds it took. @throws Error unless it exits with 0 */
  flor(...args: string[]): { readonly stdout: string; readonly ms: number } {
    const before = performance.now()
    const { stdout, stderr, status } = spawnSync(process.execPath, [command, ...args], {
      cwd: this.repository.path,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    if (status !== 0) throw new Error(`git flor ${args.join(' ')} exited with ${status}: ${stderr}${stdout}`)
    return { stdout, ms: performance.now() - before }
  }

  /** Puts a line before the first line of `train.mjs` that holds `anchor`. */
  insert(line: string, anchor: string): void {
    const text = this.repository.read('train.mjs')
    const at = text.lastIndexOf('\n', text.indexOf(anchor)) + 1
    this.repository.write('train.mjs', `${text.slice(0, at)}${line}\n${text.slice(at)}`)
  }
}

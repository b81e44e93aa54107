import { spawnSync } from 'node:child_process'
import { delimiter, resolve } from 'node:path'
import { styleText } from 'node:util'

/** Prints one line of the story. */
export function say(text: string): void {
  console.log(`\n${styleText('bold', `── ${text}`)}`)
}

/** Types commands: prints each as a reader would type it, shows its output, and stops the demo when one fails. */
export class Shell {
  readonly #env: NodeJS.ProcessEnv

  /** @param bin a folder to put in front of PATH */
  constructor(
    private folder: string,
    bin: string,
  ) {
    this.#env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
    // A demo started from a hook or from `npm` inside a repository must not reach that repository.
    for (const name of Object.keys(this.#env)) if (/^(GIT_|FLOR)/.test(name)) delete this.#env[name]
  }

  /** Runs a command in full view. */
  run(command: string, args: readonly string[]): void {
    console.log(styleText('cyan', `\n$ ${[command, ...args].map(quote).join(' ')}`))
    this.#spawn(command, args, 'inherit')
  }

  /** Runs a command that is no part of the story. */
  quietly(command: string, args: readonly string[]): void {
    this.#spawn(command, args, 'ignore')
  }

  /** Runs a command and returns what it printed. */
  read(command: string, args: readonly string[]): string {
    return this.#spawn(command, args, 'pipe')
  }

  /** Runs `story` in another folder, relative to the present one. */
  at(folder: string, story: () => void): void {
    const before = this.folder
    this.folder = resolve(before, folder)
    console.log(styleText('cyan', `\n$ cd ${folder}`))
    story()
    this.folder = before
  }

  #spawn(command: string, args: readonly string[], stdout: 'inherit' | 'ignore' | 'pipe'): string {
    const result = spawnSync(command, args, {
      cwd: this.folder,
      env: this.#env,
      stdio: ['ignore', stdout, 'inherit'],
      maxBuffer: 1 << 28,
    })
    if (result.error !== undefined) throw result.error
    if (result.status !== 0) {
      console.error(
        `\nthe demo stops: ${command} ${args.join(' ')} exited with ${result.status ?? result.signal}`,
      )
      process.exit(1)
    }
    return result.stdout?.toString() ?? ''
  }
}

function quote(word: string): string {
  return /^[\w./=:@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

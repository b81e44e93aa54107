import { type ChildProcess, spawn } from 'node:child_process'
import { Writable } from 'node:stream'
import { git } from '../git/process.js'
import type { Io } from './io.js'
import { asBoolean, type TerminalSettings } from './terminal-settings.js'

/** A pager that starts with what is first written to `stdin`; `done` ends it and waits until the user leaves it. */
export interface Pager {
  readonly stdin: Writable
  done(): Promise<void>
}

/** What the command line says about paging: `--paginate`, `--no-pager`, or nothing. */
export type PagerChoice = 'always' | 'never' | 'automatic'

/** Whether output is to be paged. */
export interface PagerWish {
  readonly choice: PagerChoice
  /** Whether the command's output is paged where nobody says otherwise. */
  readonly isUsual: boolean
  readonly settings: TerminalSettings
}

/**
 * The user's pager, chosen as git does: only on a terminal; the option, else `pager.flor.<command>` or `pager.flor`, says whether; GIT_PAGER,
 * then a command line in these settings, core.pager, PAGER, less say which. LESS=FRX and LV=-c where they are not set. Undefined
 * where nothing is to be paged. A program that is not there is passed by.
 */
export async function choosePager(io: Io, cwd: string, wish: PagerWish): Promise<Pager | undefined> {
  if (wish.choice === 'never' || !io.isTerminal.stdout || io.env.TERM === 'dumb') return undefined
  const { pager } = wish.settings
  const isWanted = pager === undefined ? undefined : asBoolean(pager)
  const isDue = wish.choice === 'always' || (isWanted ?? (pager !== undefined || wish.isUsual))
  if (!isDue) return undefined
  const own = isWanted === undefined ? pager : undefined
  const command = io.env.GIT_PAGER ?? own ?? (await gitPager(io, cwd))
  if (command === '' || command === 'cat') return undefined
  const env = { LESS: 'FRX', LV: '-c', ...io.env, GIT_PAGER_IN_USE: 'true' }
  let ended: Promise<void> | undefined
  const stdin = new PagerStream(() => {
    const child = spawnPager(command, cwd, env)
    ended = new Promise<void>((resolve) => {
      child.on('close', () => resolve())
      child.on('error', () => resolve())
    })
    return child.pid === undefined || child.stdin === null ? undefined : child.stdin
  }, io.stdout)
  return {
    stdin,
    done: async () => {
      stdin.end()
      await ended
    },
  }
}

/** What is written to a pager: who prints nothing, because all there is to say is an error, starts none. */
class PagerStream extends Writable {
  #target: Writable | undefined

  constructor(
    private readonly start: () => Writable | undefined,
    private readonly otherwise: Writable,
  ) {
    super()
  }

  override _write(chunk: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#target === undefined) {
      const started = this.start()
      // That it is gone is told to whoever writes; between two writes nobody is there to hear of it.
      started?.on('error', () => {})
      this.#target = started ?? this.otherwise
    }
    this.#target.write(chunk, callback)
  }

  override _final(callback: () => void): void {
    if (this.#target !== undefined && this.#target !== this.otherwise) this.#target.end()
    callback()
  }
}

/** core.pager, PAGER, or the pager that git was built with. */
async function gitPager(io: Io, cwd: string): Promise<string> {
  const answer = await git(['var', 'GIT_PAGER'], { cwd, env: io.env, expectExit: [0, 1, 128] })
  return answer.stdout.toString().trim()
}

/** Like git, without a shell where the command line needs none: so a missing program is noticed before anything is lost in it. */
function spawnPager(command: string, cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  const options = { cwd, env, stdio: ['pipe', 'inherit', 'inherit'] as ['pipe', 'inherit', 'inherit'] }
  return /[|&;<>()$`\\"'\s*?[#~=%]/.test(command)
    ? spawn('sh', ['-c', command], options)
    : spawn(command, [], options)
}

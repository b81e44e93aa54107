import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { git } from '../git/process.js'
import type { Io } from './io.js'

/** A running pager: write to `stdin`; `done` ends it and waits until the user leaves it. */
export interface Pager {
  readonly stdin: Writable
  done(): Promise<void>
}

/** What the command line says about paging: `--paginate`, `--no-pager`, or nothing. */
export type PagerChoice = 'always' | 'never' | 'automatic'

/**
 * Starts the user's pager as git does: only on a terminal; `pager.flor` says whether, or which; else GIT_PAGER, core.pager,
 * PAGER, less. LESS=FRX and LV=-c where they are not set. Undefined where nothing is to be paged.
 */
export async function startPager(io: Io, cwd: string, choice: PagerChoice): Promise<Pager | undefined> {
  if (choice === 'never' || !io.isTerminal.stdout || io.env.TERM === 'dumb') return undefined
  const command = await pagerCommand(io, cwd, choice)
  if (command === undefined || command === '' || command === 'cat') return undefined
  const child = spawn('sh', ['-c', command], {
    stdio: ['pipe', 'inherit', 'inherit'],
    cwd,
    env: { LESS: 'FRX', LV: '-c', ...io.env, GIT_PAGER_IN_USE: 'true' },
  })
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
    child.on('error', () => resolve())
  })
  // Ctrl-C belongs to the pager while it runs; git ignores it then, too.
  return {
    stdin: child.stdin,
    done: () => {
      child.stdin.end()
      return ended
    },
  }
}

async function pagerCommand(io: Io, cwd: string, choice: PagerChoice): Promise<string | undefined> {
  const options = { cwd, env: io.env, expectExit: [0, 1, 128] }
  const [configured, fallback] = await Promise.all([
    git(['config', '--get', 'pager.flor'], options),
    git(['var', 'GIT_PAGER'], options),
  ])
  const own = configured.exitCode === 0 ? configured.stdout.toString().trim() : 'true'
  const isBoolean = /^(?:true|yes|on|1|false|no|off|0|)$/i.test(own)
  if (isBoolean && /^(?:false|no|off|0|)$/i.test(own) && choice !== 'always') return undefined
  return isBoolean ? fallback.stdout.toString().trim() : own
}

import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * A command that runs in a terminal of its own, made by script(1): what it prints goes to the user's terminal and, a copy, to a named pipe. Node itself cannot
 * make terminals.
 */
export interface TerminalCommand {
  readonly program: 'script'
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** What is to run in the terminal. */
export interface InTerminal {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Named pipe that gets the copy. */
  readonly copy: string
  /** File that the command's process id is written to. */
  readonly pidFile: string
  /** Shell redirections for streams that are no terminal: `<&3`, `2>&4`. */
  readonly redirections: string
  /** Set where the new terminal cannot take its size from the user's. */
  readonly size?: { readonly rows: number; readonly columns: number }
  /** A file to write to, where Ctrl-Z is to stop the command; see job-control.ts. Only for `util-linux`: the others do not notice that their command was stopped. */
  readonly jobs?: string
}

/**
 * The kinds of script(1) that we know: of util-linux from 2.25 on; and of macOS and FreeBSD, whose command stands behind the file. The first is told by its version. For the second we look at what it
 * does, since it tells none: whether a command line of that form hands an exit code on. OpenBSD's, NetBSD's and busybox's do not.
 */
export type TerminalProgram = 'util-linux' | 'bsd'

/** Which script(1) there is; undefined where there is none that we know. Starts it once or twice. */
export function findTerminalProgram(env: NodeJS.ProcessEnv): TerminalProgram | undefined {
  const ask = (args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync('script', args, { encoding: 'utf8', env, timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] })
  const answer = ask(['--version'])
  if (answer.error !== undefined) return undefined
  const version = /util-linux (\d+)\.(\d+)/.exec(answer.stdout)
  if (version !== null) return Number(version[1]) > 2 || Number(version[2]) >= 25 ? 'util-linux' : undefined
  return ask(bsdArguments('/dev/null', `exit ${PROBE}`)).status === PROBE ? 'bsd' : undefined
}

/** No program ends with it by itself when it refuses its arguments. */
const PROBE = 67

/** `-q`: no lines of its own in the copy; `-t 0`: the copy without delay. The exit code is always that of the command. */
const bsdArguments = (copy: string, line: string): string[] => ['-q', '-t', '0', copy, '/bin/sh', '-c', line]

/** The command line of script(1). `-e` hands the exit code on, `-f` the output without delay. */
export function terminalCommand(
  kind: TerminalProgram,
  { command, env, copy, pidFile, redirections, size, jobs }: InTerminal,
): TerminalCommand {
  const steps = [
    ...(size === undefined ? [] : [`stty rows ${size.rows} cols ${size.columns} 2>/dev/null`]),
    `echo $$ >${quote(pidFile)}`,
    `exec ${command.map(quote).join(' ')} ${redirections}`,
  ]
  if (kind === 'bsd') return { program: 'script', args: bsdArguments(copy, steps.join('; ')), env }
  // script starts $SHELL, whose syntax might be any: for it alone that is /bin/sh.
  const shell = env.SHELL === undefined ? 'unset SHELL' : `SHELL=${quote(env.SHELL)}`
  const line = [shell, ...steps].join('; ')
  return {
    program: 'script',
    args: [
      '--quiet',
      '--return',
      '--flush',
      '--command',
      jobs === undefined ? line : supervised(line, jobs),
      copy,
    ],
    env: { ...env, SHELL: '/bin/sh' },
  }
}

/**
 * A shell with job control around a command line. Without it nothing would happen on Ctrl-Z: the leader of a session cannot be stopped from its terminal. When the command is
 * stopped the shell stops, which script(1) notices; when script(1) goes on, so do they.
 */
function supervised(line: string, jobs: string): string {
  const list = `jobs >${quote(jobs)}`
  return [
    'set -m',
    // What this shell has to say of jobs is nobody's business. dash says it with the redirections of the job, which is why the job makes its own.
    'exec 9>&2 2>/dev/null',
    `/bin/sh -c ${quote(`exec 2>&9 9>&-; ${line}`)}`,
    'c=$?',
    `while ${list}; [ $c -gt 128 ] && [ -s ${quote(jobs)} ]; do kill -STOP $$; fg %1 >/dev/null; c=$?; done`,
    'exit $c',
  ].join('; ')
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * Whether this process may use its terminal: one in the background would be stopped by the first attempt to set its modes. Where the system does not tell, it is taken to be in
 * the foreground.
 */
export function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    // Behind the program's name in parentheses: state, ppid, pgrp, session, tty_nr, tpgid.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    return true
  }
}

const HEAD = /^Script started on [^\n]*\n/
const FOOT = /\nScript done on [^\n]*\n?$/
const MOST_FOOT = 1024

/** Takes the lines away that script(1) writes before and behind the output in its copy. */
export class TypescriptBody {
  #isPastHead = false
  #held: Buffer = Buffer.alloc(0)

  /** What of the output is certain by now. */
  push(piece: Buffer): Buffer {
    let bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece])
    if (!this.#isPastHead) {
      const end = bytes.indexOf(0x0a)
      if (end === -1) {
        this.#held = bytes
        return Buffer.alloc(0)
      }
      if (HEAD.test(bytes.toString('latin1', 0, end + 1))) bytes = bytes.subarray(end + 1)
      this.#isPastHead = true
    }
    const from = possibleFoot(bytes)
    this.#held = Buffer.from(bytes.subarray(from))
    return bytes.subarray(0, from)
  }

  finish(): Buffer {
    const rest = this.#held.toString('latin1').replace(FOOT, '')
    this.#held = Buffer.alloc(0)
    return Buffer.from(rest, 'latin1')
  }
}

/** Where the last thing begins that may be the foot or a part of it: never more than a few hundred bytes before the end. */
function possibleFoot(bytes: Buffer): number {
  const start = Math.max(0, bytes.length - MOST_FOOT)
  const end = bytes.subarray(start)
  const foot = end.lastIndexOf('\nScript done on ')
  const at = foot === -1 ? end.lastIndexOf(0x0a) : foot
  return at === -1 ? bytes.length : start + at
}

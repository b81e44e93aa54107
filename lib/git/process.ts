import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { FlorError } from '../model/errors.js'
import { isShielded, wasCaughtUnborn } from './interrupt-shield.js'

/** How to run git. */
export interface GitOptions {
  readonly cwd: string
  /** The whole environment of the child; the process's own where absent. LC_ALL and GIT_OPTIONAL_LOCKS are always ours. */
  readonly env?: NodeJS.ProcessEnv
  /** What the child reads from stdin; an empty stdin where absent. */
  readonly input?: Uint8Array | string
  /** Exit codes that are answers, not failures: [0] where absent. */
  readonly expectExit?: readonly number[]
  /** Gets each piece of stderr as it comes; only {@link git} does so. */
  readonly onStderr?: (text: string) => void
}

/** What git answered. stdout is raw, since paths and contents need not be UTF-8. */
export interface GitResult {
  readonly stdout: Buffer
  readonly stderr: string
  /** -1 where a signal ended it. */
  readonly exitCode: number
  readonly signal?: NodeJS.Signals
}

/** Options of git itself that keep the user's hooks and file system monitor out of what we do on their behalf. */
export const WITHOUT_HOOKS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'] as const

/**
 * Runs git, never through a shell, and waits for it.
 * @throws FlorError GIT_FAILED (data: argv, cwd, exitCode, stderr), GIT_MISSING
 */
export function gitSync(args: readonly string[], options: GitOptions): GitResult {
  const isOwnGroup = isShielded()
  const child = spawnSync('git', args, {
    cwd: options.cwd,
    env: childEnvironment(options.env),
    input: options.input ?? '',
    maxBuffer: Number.POSITIVE_INFINITY,
    windowsHide: true,
    // Works for spawnSync as well, which its types do not say.
    ...({ detached: isOwnGroup } as object),
  })
  if (isOwnGroup && wasCaughtUnborn(child.signal)) return gitSync(args, options)
  // A git that exits before it has read its input gives EPIPE here, although its exit code says what happened.
  if (child.error !== undefined && child.status === null) throw startFailure(child.error, args, options)
  return judged(args, options, {
    stdout: child.stdout,
    stderr: child.stderr.toString(),
    ...ending(child.status, child.signal),
  })
}

/**
 * Runs git, never through a shell.
 * @throws FlorError GIT_FAILED (data: argv, cwd, exitCode, stderr), GIT_MISSING
 */
export async function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const isOwnGroup = isShielded()
  const result = await start(args, options, isOwnGroup)
  if (isOwnGroup && wasCaughtUnborn(result.signal)) return git(args, options)
  return judged(args, options, result)
}

function start(args: readonly string[], options: GitOptions, detached: boolean): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      // A pipe that is closed at once would be a socket made for nothing.
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
      detached,
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.push(chunk)
      options.onStderr?.(chunk.toString())
    })
    // EPIPE when git ends before it has read everything: its exit code tells why.
    child.stdin?.on('error', () => {})
    child.on('error', (error) => reject(startFailure(error, args, options)))
    child.on('close', (code, signal) => {
      resolve({
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
        ...ending(code, signal),
      })
    })
    child.stdin?.end(options.input)
  })
}

function ending(code: number | null, signal: NodeJS.Signals | null): Pick<GitResult, 'exitCode' | 'signal'> {
  return { exitCode: code ?? -1, ...(signal === null ? {} : { signal }) }
}

/** The environment in which every git of ours runs: untranslated messages, no locks for refreshing the user's index. */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env, LC_ALL: 'C', LANGUAGE: '', GIT_OPTIONAL_LOCKS: '0' }
}

let localVariables: readonly string[] | undefined

/**
 * The environment without the variables that tie git to one repository (`git rev-parse --local-env-vars`), which hooks export:
 * for work in other worktrees. One spawn in the life of the process.
 */
export function cleanGitEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  localVariables ??= gitSync(['rev-parse', '--local-env-vars'], {
    cwd: '/',
    env: {
      PATH: env.PATH,
    },
  })
    .stdout.toString()
    .split('\n')
    .filter(Boolean)
  const clean = { ...env }
  for (const name of localVariables) delete clean[name]
  return clean
}

/** The lines or NUL-terminated items of an answer, decoded as UTF-8. */
export function splitItems(stdout: Buffer, separator = '\0'): string[] {
  const items = stdout.toString().split(separator)
  if (items.at(-1) === '') items.pop()
  return items
}

function judged(args: readonly string[], options: GitOptions, result: GitResult): GitResult {
  if ((options.expectExit ?? [0]).includes(result.exitCode)) return result
  throw gitFailure(args, options.cwd, result)
}

/** The error of a git that answered with an exit code nobody expected, or was ended by a signal (data: signal). */
export function gitFailure(args: readonly string[], cwd: string, result: GitResult): FlorError {
  const { exitCode, stderr, signal } = result
  const told = stderr.trim().split('\n')
  const reason = told.find((line) => /^(fatal|error): /.test(line)) ?? told.at(-1)
  const how = signal === undefined ? `failed with exit code ${exitCode}` : `was ended by ${signal}`
  return new FlorError(`git ${commandOf(args)} ${how}${reason ? `: ${reason}` : ''}`, {
    code: 'GIT_FAILED',
    data: { argv: ['git', ...args], cwd, exitCode, stderr, ...(signal === undefined ? {} : { signal }) },
  })
}

function startFailure(error: Error, args: readonly string[], options: GitOptions): FlorError {
  const data = { argv: ['git', ...args], cwd: options.cwd }
  if ('code' in error && error.code === 'ENOENT') {
    // spawn says ENOENT for a missing program and for a missing folder alike.
    if (!existsSync(options.cwd)) {
      return new FlorError(`no such folder: ${options.cwd}`, {
        code: 'FILE_UNREADABLE',
        data: { path: options.cwd, ...data },
        cause: error,
      })
    }
    return new FlorError('git is not installed, or not on the PATH', {
      code: 'GIT_MISSING',
      data,
      cause: error,
    })
  }
  return new FlorError(`git could not be started: ${error.message}`, {
    code: 'GIT_FAILED',
    data,
    cause: error,
  })
}

/** The subcommand among git's arguments, behind git's own options. */
export function commandOf(args: readonly string[]): string {
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '-c' || args[i] === '-C') i++
    else if (!args[i]?.startsWith('-')) return args[i] as string
  }
  return args.join(' ')
}

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { FlorError } from '../../model/errors.js'

/**
 * Makes sure that a command can be started, before anything is recorded of it. The file is looked for as the system will: the name itself where it has a slash, else in the
 * folders of PATH. On Windows, where the rules are others, the name is taken as it is.
 * @throws FlorError as {@link cannotRun} answers
 */
export function checkProgram(name: string, cwd: string, env: NodeJS.ProcessEnv): void {
  if (process.platform === 'win32') return
  const folders = name.includes('/') ? [cwd] : (env.PATH ?? '/usr/bin:/bin').split(delimiter)
  let refusal: unknown
  for (const folder of name === '' ? [] : folders) {
    const problem = problemOf(resolve(cwd, folder, name), name)
    if (problem === undefined) return
    // As in a shell, a file that must not be executed counts where no other is found.
    if (codeOf(problem) !== 'ENOENT') refusal ??= problem
  }
  throw cannotRun(name, refusal ?? Object.assign(new Error(), { code: 'ENOENT' }))
}

/**
 * The error for a command that the system refuses to start, in git's words and with the exit codes of a shell: COMMAND_NOT_FOUND (127), or
 * COMMAND_NOT_EXECUTABLE (126) for what is there and cannot be executed. data: path, and reason, the system's code
 */
export function cannotRun(name: string, error: unknown): FlorError {
  const code = codeOf(error)
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
  return new FlorError(`cannot run ${name}: ${REASONS[code ?? ''] ?? (error as Error).message}`, {
    code: isMissing ? 'COMMAND_NOT_FOUND' : 'COMMAND_NOT_EXECUTABLE',
    data: { path: name, reason: code },
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  E2BIG: 'Argument list too long',
  ENOEXEC: 'Exec format error',
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

function problemOf(path: string, name: string): unknown {
  try {
    const isFolder = statSync(path).isDirectory()
    // Folders in PATH are passed over: only a path means one.
    if (isFolder) return Object.assign(new Error(), { code: name.includes('/') ? 'EISDIR' : 'ENOENT' })
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    return error
  }
}

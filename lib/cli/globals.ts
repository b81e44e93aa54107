import { FlorError } from '../model/errors.js'
import type { GlobalOptions } from './context.js'

/** A command line taken apart, before any command is loaded. */
export interface Invocation {
  readonly globals: GlobalOptions
  readonly gitDir?: string
  readonly action: 'run' | 'usage' | 'manual' | 'version'
  /** Absent where the command line names none. */
  readonly command?: string
  /** Everything behind the command's name. */
  readonly args: readonly string[]
}

/**
 * Reads the options in front of the command's name, and those that every command understands (`--no-pager`, `--color`,
 * `-h`, `--help`) up to `--`. @throws FlorError USAGE
 */
export function parseInvocation(argv: readonly string[]): Invocation {
  const directories: string[] = []
  let gitDir: string | undefined
  let pager: GlobalOptions['pager'] = 'automatic'
  let colour: GlobalOptions['colour'] = 'automatic'
  let progress: GlobalOptions['progress'] = 'automatic'
  let action: Invocation['action'] = 'run'
  let at = 0
  const value = (option: string): string => {
    const next = argv[++at]
    if (next === undefined) throw usage(`option ${option} requires a value`, option)
    return next
  }
  const readShared = (arg: string): boolean => {
    if (arg === '--no-pager' || arg === '-P') pager = 'never'
    else if (arg === '--paginate') pager = 'always'
    else if (arg === '--progress') progress = 'always'
    else if (arg === '--no-progress') progress = 'never'
    else if (arg === '--color' || arg === '--color=always') colour = 'always'
    else if (arg === '--no-color' || arg === '--color=never') colour = 'never'
    else if (arg === '--color=auto') colour = 'automatic'
    else if (arg.startsWith('--color='))
      throw usage(`option --color needs one of always, never, auto, not '${arg.slice(8)}'`, arg)
    else return false
    return true
  }
  for (; at < argv.length; at++) {
    const arg = argv[at] as string
    if (readShared(arg)) continue
    if (arg === '-C') directories.push(value(arg))
    else if (arg.startsWith('-C')) directories.push(arg.slice(2))
    else if (arg === '--git-dir') gitDir = value(arg)
    else if (arg.startsWith('--git-dir=')) gitDir = arg.slice('--git-dir='.length)
    else if (arg === '-p') pager = 'always'
    else if (arg === '-h') action = 'usage'
    else if (arg === '--help') action = 'manual'
    else if (arg === '--version' || arg === '-v') action = 'version'
    else if (arg.startsWith('-')) throw usage(`unknown option ${arg}`, arg)
    else break
  }
  const command = argv[at]
  const args: string[] = []
  for (const [i, arg] of argv.slice(at + 1).entries()) {
    if (arg === '--' || arg === '--end-of-options' || (command === 'run' && !arg.startsWith('-'))) {
      args.push(...argv.slice(at + 1 + i))
      break
    }
    if (arg === '-h') action = 'usage'
    else if (arg === '--help') action = 'manual'
    else if (!readShared(arg)) args.push(arg)
  }
  // As in git: `git flor help log` is `git flor log --help`.
  if (command === 'help' && action === 'run') {
    const [of, extra] = args
    if (extra !== undefined) throw usage(`unexpected argument '${extra}'`, extra)
    const globals = { colour, pager, progress, directories }
    return { globals, action: 'manual', ...(of === undefined ? {} : { command: of }), args: [] }
  }
  return {
    globals: { colour, pager, progress, directories },
    ...(gitDir === undefined ? {} : { gitDir }),
    action,
    ...(command === undefined ? {} : { command }),
    args,
  }
}

function usage(message: string, value: string): FlorError {
  return new FlorError(message, { code: 'USAGE', data: { value } })
}

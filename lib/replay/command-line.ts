import { isAbsolute, join, posix } from 'node:path'
import { FlorError } from '../model/errors.js'
import type { RunHeader } from '../model/run.js'
import { REGIONAL } from '../runtime/regional-settings.js'

/** How to start a recorded run again inside a worktree. */
export interface StartCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
}

/** Options of node that make a process wait for, or talk to, somebody. */
const interactive = /^--(inspect|watch|cpu-prof|heap-prof|heapsnapshot|debug)/

/**
 * The command of a recorded run, its script and working directory mapped into the worktree, node being the one that
 * runs this. Arguments that name files of the user's own tree are mapped, too.
 * @throws FlorError UNSUPPORTED (data: argv) for a run of another program than node, or without a script
 */
export function startCommand(
  header: RunHeader,
  worktree: string,
  userTree: string | undefined,
): StartCommand {
  const { argv, script } = header
  const [program = ''] = argv
  if (!/^node(js)?(\.exe)?$/i.test(posix.basename(program.replaceAll('\\', '/')))) {
    throw new FlorError(`only runs of node can be executed again, not of ${program}`, {
      code: 'UNSUPPORTED',
      data: { program, argv },
    })
  }
  const at = script === undefined ? -1 : argv.findIndex((it, i) => i > 0 && isScript(it, header.cwd, script))
  if (at === -1 || script === undefined) {
    throw new FlorError('the run was not started from a script of the repository', {
      code: 'UNSUPPORTED',
      data: { argv },
    })
  }
  const mapped = (text: string) =>
    userTree !== undefined && (text === userTree || text.startsWith(`${userTree}/`))
      ? join(worktree, text.slice(userTree.length))
      : text
  const options = argv.slice(1, at).filter((it) => !interactive.test(it))
  return {
    program: process.execPath,
    args: [...options.map(mapped), join(worktree, script), ...argv.slice(at + 1).map(mapped)],
    cwd: join(worktree, header.cwd),
  }
}

function isScript(text: string, cwd: string, script: string): boolean {
  const slashed = text.replaceAll('\\', '/')
  if (isAbsolute(text)) return slashed.endsWith(`/${script}`)
  const path = posix.normalize(posix.join(cwd, slashed))
  return path === script || (script.startsWith(`${path}.`) && !script.slice(path.length + 1).includes('/'))
}

/**
 * The environment of a replay: the user's, without what ties git to a repository and without what the runtime listens to; its time
 * zone and language are those of the run, if it recorded them.
 */
export function replayEnvironment(
  env: NodeJS.ProcessEnv,
  plan: string,
  { regional }: Pick<RunHeader, 'regional'>,
): NodeJS.ProcessEnv {
  const isKept = (name: string): boolean =>
    !/^(GIT_|FLOR($|_))/.test(name) && (regional === undefined || !REGIONAL.includes(name))
  const kept = Object.entries(env).filter(([name]) => isKept(name))
  // What was fetched may name any variable.
  const recorded = Object.entries(regional ?? {}).filter(
    ([name, value]) => REGIONAL.includes(name) && !value.includes('\0'),
  )
  // An empty parent: the process that starts it may be a recording one itself.
  return {
    ...Object.fromEntries([...kept, ...recorded]),
    FLOR_REPLAY: plan,
    FLOR_REPLAY_PARENT: String(process.pid),
    FLOR_PARENT: '',
  }
}

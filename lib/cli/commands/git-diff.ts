import { spawn } from 'node:child_process'
import { relative } from 'node:path'
import { inRepository, type RepositoryLocation } from '../../git/location.js'
import { childEnvironment, git, gitFailure } from '../../git/process.js'
import { usageError } from '../arguments/canonical.js'
import type { CommandContext } from '../context.js'

/**
 * Prints what `git diff` says, byte by byte as it comes, with the user's own settings: colours (`color.diff`), external diff tools, `diff.*` and
 * attributes; paths are relative to where the user stands. Answers git's exit code and whether it printed anything.
 * @throws FlorError GIT_FAILED; USAGE for options that git does not know; BrokenPipe
 */
export async function printGitDiff(
  context: CommandContext,
  location: RepositoryLocation,
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly isEmpty: boolean }> {
  const colour = await chooseDiffColour(context, location)
  const all = ['diff', `--color=${colour}`, ...args]
  const { cwd, env } = standingIn(context, location)
  const child = spawn('git', all, {
    cwd,
    env: {
      ...childEnvironment(env),
      COLUMNS: String(context.columns),
      // What git says to external diff tools, so that they colour what a pager shows.
      ...(context.io.isTerminal.stdout ? { GIT_PAGER_IN_USE: 'true' } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const stderr: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? -1))
  })
  let isEmpty = true
  try {
    for await (const chunk of child.stdout) {
      isEmpty = false
      await context.out.bytes(chunk)
    }
  } catch (error) {
    child.kill()
    await ended.catch(() => {})
    throw error
  }
  const exitCode = await ended
  // 1 tells that there is a difference, where --exit-code or --quiet ask for it.
  if (exitCode === 0 || exitCode === 1) return { exitCode, isEmpty }
  if (exitCode === 129) {
    const said = /^error: (.*)$/m.exec(Buffer.concat(stderr).toString())?.[1]
    const options = args.slice(0, args.indexOf('--')).filter((arg) => arg.startsWith('-'))
    throw usageError(
      { name: 'diff' },
      `git diff: ${said ?? `does not understand ${options.join(' ')}`}`,
      options.join(' '),
    )
  }
  throw gitFailure(all, cwd, { exitCode, stdout: Buffer.alloc(0), stderr: Buffer.concat(stderr).toString() })
}

/** Git in the user's own folder where that lies in the working tree: relative paths and `diff.relative` go by it. */
function standingIn(context: CommandContext, location: RepositoryLocation) {
  const { cwd, env } = inRepository(location, context.io.env)
  const inside = location.topLevel !== undefined && !relative(location.topLevel, context.cwd).startsWith('..')
  return { cwd: inside ? context.cwd : cwd, env }
}

/** `--color` and NO_COLOR, else what `color.diff` and `color.ui` say of a terminal. */
export async function chooseDiffColour(
  context: CommandContext,
  location: RepositoryLocation,
): Promise<'always' | 'never'> {
  const style = await context.style()
  if (context.globals.colour !== 'automatic' || (context.io.env.NO_COLOR ?? '') !== '') {
    return style.enabled ? 'always' : 'never'
  }
  const isTerminal = context.io.isTerminal.stdout && context.io.env.TERM !== 'dumb'
  const answer = await git(['config', '--get-colorbool', 'color.diff', String(isTerminal)], {
    ...inRepository(location, context.io.env),
    expectExit: [0, 1],
  })
  return answer.stdout.toString().trim() === 'true' ? 'always' : 'never'
}

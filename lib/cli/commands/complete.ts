import { locateRepositorySync } from '../../git/location.js'
import type { Command } from '../command.js'
import { defineCommand } from '../command.js'
import { type Completion, findCandidates } from '../completion/candidates.js'
import { readRequest } from '../completion/request.js'
import { ExitCode } from '../errors/hints.js'
import { COMMANDS } from './index.js'

/**
 * `git flor complete`: what the completion scripts ask. One candidate a line, a tab before its description; a last line `:files` where
 * files may stand there as well. Whatever goes wrong, it says nothing: nobody who presses Tab wants to read an error.
 */
export const complete = defineCommand({
  name: 'complete',
  usage: ['-- <word>...'],
  description:
    'What the completion scripts of shells ask: everything that could stand in the place of the last word of an unfinished command line. The other words are those behind `git flor`.',
  options: {},
  examples: [['complete -- show 3f', 'runs that begin with 3f']],
  arity: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context, options) {
    const found = await completionOf(options.arguments, context.cwd, context.io.now()).catch(() => undefined)
    if (found === undefined) return ExitCode.ok
    const seen = new Set<string>()
    const lines = found.candidates
      .filter(({ text }) => !seen.has(text) && seen.add(text))
      .map(({ text, about }) => (about === '' ? text : `${text}\t${about}`))
    await context.out.lines(found.takesFiles ? [...lines, ':files'] : lines)
    return ExitCode.ok
  },
})

async function completionOf(
  words: readonly string[],
  cwd: string,
  nowMs: number,
): Promise<Completion | undefined> {
  const request = await readRequest(words, findCommand)
  if (request === undefined) return undefined
  return findCandidates(request, { locate: () => locateRepositorySync(cwd), nowMs })
}

async function findCommand(name: string): Promise<Command | undefined> {
  return COMMANDS.find((entry) => entry.name === name)?.load()
}

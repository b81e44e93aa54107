import type { RunEntry } from '../../db/run-entry.js'
import { changedFiles } from '../../repository/changed-files.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { resolveRun } from '../../repository/resolve-run.js'
import { wholeValues } from '../../repository/whole-values.js'
import { usageError } from '../arguments/canonical.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { formatRunDifference } from '../views/run-difference.js'
import { runDifferenceToJson } from '../views/run-difference-json.js'
import { printGitDiff } from './git-diff.js'

/** Options of `git diff` that take the next word as their value, where it is not stuck to them. */
const WITH_VALUES = ['-S', '-G', '-O', '-U', '-l', '--diff-filter', '--output', '--word-diff-regex']

/** `git flor diff`: what differs between two runs. */
export const diff = defineCommand({
  name: 'diff',
  usage: ['[<options>] <run> <run> [-- <path>...]'],
  description:
    'Compares two runs: arguments and environment where they differ, metrics side by side, then the code that ran, as git diff shows it: with your pager, colours, external diff tools and diff.* settings. Options that are not listed here go to git diff: --stat, --name-only, -w, -U10, --word-diff, --exit-code.',
  options: {
    code: { type: 'boolean', default: true, describe: 'the code, too; --no-code leaves it out' },
    json: { type: 'boolean', describe: 'print JSON (docs/json.md), of the code which files differ' },
  },
  examples: [
    ['diff 51c0aa2 3f2a9c1', 'what changed from the first to the second'],
    ['diff latest~1 latest --stat', 'the last two; of the code, only the files'],
    ['diff 51c0aa2 3f2a9c1 -w -- model/', 'of the code, one folder, without white space'],
  ],
  arity: { min: 2, max: Number.POSITIVE_INFINITY },
  passesOptions: WITH_VALUES,
  paged: true,
  async run(context, options) {
    const [before, after, ...paths] = options.arguments as readonly [string, string, ...string[]]
    if (options.json === true && options.passed[0] !== undefined) {
      throw usageError({ name: 'diff' }, `${options.passed[0]} means nothing with --json`, options.passed[0])
    }
    const repository = await context.repository()
    const older = await wholeValues(repository, await resolveRun(repository, before))
    const newer = await wholeValues(repository, await resolveRun(repository, after))
    if (options.json === true) return printJson(context, repository, older, newer)
    const style = await context.style()
    await context.out.lines(formatRunDifference(older, newer, { columns: context.columns, style }))
    if (!options.code) return ExitCode.ok
    await context.out.lines(['', style.heading('code')])
    const args = [...options.passed, older.run, newer.run, '--', ...paths]
    const { exitCode, isEmpty } = await printGitDiff(context, repository.location, args)
    // With options of git's own it may be silent for other reasons.
    if (isEmpty && options.passed.length === 0) await context.out.lines(['    no difference'])
    return exitCode
  },
})

async function printJson(
  context: CommandContext,
  repository: FlorRepository,
  older: RunEntry,
  newer: RunEntry,
): Promise<number> {
  const files = await changedFiles(repository.location, older.run, newer.run)
  await context.out.print(`${toJson(runDifferenceToJson(older, newer, files))}\n`)
  return ExitCode.ok
}

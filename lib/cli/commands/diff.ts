import { inRepository } from '../../git/location.js'
import { git } from '../../git/process.js'
import { resolveRun } from '../../repository/resolve-run.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { formatRunDifference } from '../views/run-difference.js'

/** `git flor diff`: what differs between two runs. */
export const diff = defineCommand({
  name: 'diff',
  usage: ['[<options>] <run> <run> [-- <path>...]'],
  description:
    'Compares two runs: arguments that differ, metrics side by side, then the difference of the code that ran, as git diff shows it with your settings.',
  options: {
    stat: { type: 'boolean', describe: 'of the code, show only which files differ' },
    code: { type: 'boolean', default: true, describe: 'the code, too; --no-code leaves it out' },
  },
  examples: [
    ['diff 51c0aa2 3f2a9c1', 'what changed from the first to the second'],
    ['diff --stat 51c0aa2 3f2a9c1', 'of the code, only the files'],
  ],
  arity: { min: 2, max: Number.POSITIVE_INFINITY },
  paged: true,
  async run(context, options) {
    const repository = await context.repository()
    const [before, after, ...paths] = options.arguments as readonly [string, string, ...string[]]
    const older = await resolveRun(repository, before)
    const newer = await resolveRun(repository, after)
    const style = await context.style()
    await context.out.lines(formatRunDifference(older, newer, { columns: context.columns, style }))
    if (!options.code) return ExitCode.ok
    const difference = await git(
      [
        'diff',
        style.enabled ? '--color=always' : '--color=never',
        ...(options.stat === true ? [`--stat=${context.columns}`] : []),
        older.run,
        newer.run,
        '--',
        ...paths,
      ],
      inRepository(repository.location),
    )
    const text = difference.stdout.toString()
    await context.out.lines(['', style.heading('code'), ...(text === '' ? ['    no difference'] : [])])
    await context.out.print(text)
    return ExitCode.ok
  },
})

import { sealPending, sealSpool } from '../../repository/seal.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { counted } from '../render/number.js'

/** `git flor seal`: what the runtime starts at the end of a run, and what hooks call. */
export const seal = defineCommand({
  name: 'seal',
  usage: ['[--quiet] [--spool <id>]'],
  description:
    'Turns runs that have ended, or whose process died, into notes. It happens by itself: at the end of each run, in hooks, and before each command that reads.',
  options: {
    quiet: { type: 'boolean', alias: 'q', describe: 'print nothing' },
    spool: { type: 'string', argument: '<id>', describe: 'only this one' },
  },
  examples: [['seal', 'seal what a killed training run left behind']],
  async run(context, options) {
    const repository = await context.repository()
    const runs =
      options.spool === undefined
        ? await sealPending(repository)
        : [await sealSpool(repository, options.spool)].filter((run) => run !== undefined)
    if (options.quiet !== true) {
      await context.out.lines(
        runs.map((run) => `run ${run.run.slice(0, 7)} ${run.status}, ${counted(run.records, 'value')}`),
      )
    }
    return ExitCode.ok
  },
})

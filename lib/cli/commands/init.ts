import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'

/** `git flor init`: hooks and fetch refspecs; idempotent. */
export const init = defineCommand({
  name: 'init',
  usage: ['[--undo]'],
  description:
    'Sets this clone up: hooks that seal runs and share them with your pushes (behind whatever hooks you have), and fetch refspecs, so that git fetch brings the runs of others. Your files are not touched; doing it twice changes nothing.',
  options: {
    undo: { type: 'boolean', describe: 'take out everything that init put in; runs stay' },
  },
  examples: [
    ['init', 'once in each clone'],
    ['init --undo', 'as it was before'],
  ],
  async run(context, options) {
    const { location } = await context.repository()
    const { initialize, undoInitialize } = await import('../../git/setup.js')
    const changes = options.undo === true ? await undoInitialize(location) : await initialize(location)
    const nothing = options.undo === true ? 'nothing to undo' : 'nothing to do: this clone is set up'
    await context.out.lines(changes.length === 0 ? [nothing] : changes)
    return ExitCode.ok
  },
})

import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { counted } from '../render/number.js'
import { QUIET } from './quiet.js'

/** `git flor reindex`: drops the index and builds it anew from the notes. */
export const reindex = defineCommand({
  name: 'reindex',
  usage: [''],
  description:
    'Rebuilds the local index from the notes. The index is derived from them and holds nothing else, so nothing can be lost; a damaged or outdated one is rebuilt without being asked for.',
  options: { quiet: QUIET },
  examples: [['reindex', 'after anything odd']],
  async run(context) {
    const repository = await context.repository()
    const index = await repository.reindex()
    if (!context.isQuiet) await context.out.lines([counted(await index.count(), 'run')])
    return ExitCode.ok
  },
})

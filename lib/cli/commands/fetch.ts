import { fetchShards } from '../../git/sharing.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { counted } from '../render/number.js'
import { chosenRemote } from './push.js'
import { QUIET } from './quiet.js'

/** `git flor fetch`: the shards of all writers of a remote. */
export const fetch = defineCommand({
  name: 'fetch',
  usage: ['[<remote>]'],
  description:
    'Brings the runs of others: run commits and notes. Checkpoints come when something needs them. Nothing that was fetched before is taken away.',
  options: { quiet: QUIET },
  examples: [['fetch', "from the branch's own remote, or origin"]],
  arity: { min: 0, max: 1 },
  async run(context, options) {
    const repository = await context.repository()
    const remote = await chosenRemote(repository, options.arguments[0])
    const fetched = await fetchShards(repository.location, remote, {
      onProgress: (what) => repository.step({ what }),
    })
    repository.step(undefined)
    const index = await repository.index()
    if (context.isQuiet) return ExitCode.ok
    if (fetched.length === 0) context.note(`nothing new on ${remote}`)
    else {
      const writers = counted(fetched.length, 'writer')
      context.note(`fetched from ${writers} of ${remote}: ${counted(await index.count(), 'run')} now`)
    }
    return ExitCode.ok
  },
})

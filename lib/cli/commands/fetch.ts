import { fetchShards } from '../../git/sharing.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { counted } from '../render/number.js'
import { chosenRemote } from './push.js'

/** `git flor fetch`: the shards of all writers of a remote. */
export const fetch = defineCommand({
  name: 'fetch',
  usage: ['[<remote>]'],
  description:
    'Brings the runs of others: run commits and notes. Checkpoints come when something needs them. Nothing that was fetched before is taken away.',
  options: {},
  examples: [['fetch', "from the branch's own remote, or origin"]],
  arity: { min: 0, max: 1 },
  async run(context, options) {
    const repository = await context.repository()
    const remote = await chosenRemote(repository, options.arguments[0])
    const index = await repository.index()
    const before = await index.count()
    const fetched = await fetchShards(repository.location, remote)
    await repository.refresh()
    const added = (await (await repository.index()).count()) - before
    const writers = counted(fetched.length, 'writer')
    if (fetched.length === 0) context.note(`nothing new on ${remote}`)
    else context.note(`fetched from ${writers} of ${remote}: ${counted(added, 'new run')}`)
    return ExitCode.ok
  },
})

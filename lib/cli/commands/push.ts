import { defaultRemote, pushShards } from '../../git/sharing.js'
import { FlorError } from '../../model/errors.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { sealPending } from '../../repository/seal.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { QUIET } from './quiet.js'

/** `git flor push`: this clone's own shard, and its LFS objects before it. */
export const push = defineCommand({
  name: 'push',
  usage: ['[<remote>]'],
  description:
    "Sends this clone's runs to a remote: run commits, notes, and checkpoints through Git LFS. Only this clone's own refs are written, so nobody's work can be in the way. With hooks (git flor init), git push does it along the way.",
  options: {
    checkpoints: {
      type: 'boolean',
      default: true,
      describe: 'send checkpoints (needs git-lfs); --no-checkpoints leaves them to a later push',
    },
    quiet: QUIET,
  },
  examples: [
    ['push', "to the branch's own remote, or origin"],
    ['push --no-checkpoints', 'where there is no git-lfs: others see all values, and replay from the start'],
  ],
  arity: { min: 0, max: 1 },
  async run(context, options) {
    const repository = await context.repository()
    const remote = await chosenRemote(repository, options.arguments[0])
    await sealPending(repository)
    const pushed = await pushShards(repository.location, remote, {
      withCheckpoints: options.checkpoints,
      onProgress: (what) => repository.step({ what }),
    })
    repository.step(undefined)
    if (pushed.renamedFrom !== undefined) {
      context.note(
        `this clone is a copy of one that pushed as ${pushed.renamedFrom}; it writes as ${pushed.writer} now`,
      )
    }
    if (context.isQuiet) return ExitCode.ok
    if (pushed.writer === undefined) context.note('nothing to push: no run was recorded here')
    else context.note(pushed.isNew ? `pushed runs to ${remote}` : `${remote} has everything`)
    return ExitCode.ok
  },
})

/** The remote that was named, or else the one that git would push to. @throws FlorError REMOTE_MISSING */
export async function chosenRemote(repository: FlorRepository, named: string | undefined): Promise<string> {
  const remote = named ?? (await defaultRemote(repository.location))
  if (remote !== undefined) return remote
  throw new FlorError('this repository has no remote', { code: 'REMOTE_MISSING' })
}

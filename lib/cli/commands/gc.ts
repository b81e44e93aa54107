import { collectGarbage } from '../../repository/gc.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { counted, formatSize } from '../render/number.js'
import { QUIET } from './quiet.js'

/** `git flor gc`: clears away local files that nothing refers to. */
export const gc = defineCommand({
  name: 'gc',
  usage: [''],
  description:
    'Removes worktrees of replays whose process is gone, kept checkpoint files that no run names, packages that --install brought and no replay has used for a day, and leftovers of interrupted seals. Runs, what they logged, and their checkpoints are never removed.',
  options: { quiet: QUIET },
  examples: [['gc', 'when .git/flor has grown']],
  async run(context) {
    const { worktrees, checkpoints, leftovers, packages } = await collectGarbage(await context.repository())
    const removed = [
      ...(worktrees > 0 ? [counted(worktrees, 'worktree')] : []),
      ...(checkpoints.count > 0
        ? [`${counted(checkpoints.count, 'checkpoint file')} (${formatSize(checkpoints.sizeBytes)})`]
        : []),
      ...(packages > 0 ? [`the packages of ${counted(packages, 'lock file')}`] : []),
      ...(leftovers > 0 ? [counted(leftovers, 'leftover')] : []),
    ]
    if (!context.isQuiet)
      await context.out.lines([removed.length === 0 ? 'nothing to remove' : `removed ${removed.join(', ')}`])
    return ExitCode.ok
  },
})

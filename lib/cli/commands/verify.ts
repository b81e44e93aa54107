import { verify as verifyRepository } from '../../repository/verify.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { QUIET } from './quiet.js'

/** `git flor verify`: reads everything back, and says what cannot be read. */
export const verify = defineCommand({
  name: 'verify',
  usage: ['[--fetch]'],
  description:
    'Reads back everything that was recorded: notes, run commits, columns outside of notes, checkpoints by content, and the index. Exit code 1 when anything is missing or damaged. Nothing is changed.',
  options: {
    fetch: { type: 'boolean', describe: 'fetch checkpoints that are not on this machine' },
    quiet: QUIET,
  },
  examples: [['verify', 'after a crash, a full disk, or a copied clone']],
  async run(context, options) {
    const found = await verifyRepository(await context.repository(), { fetch: options.fetch === true })
    const style = await context.style()
    await context.out.lines(
      found.findings.map(({ kind, message }) => `${style.bad(kind)}: ${sanitizeLine(message)}`),
    )
    const read = `${counted(found.runs, 'run')}, ${counted(found.segments, 'segment')}, ${counted(found.checkpoints, 'checkpoint')}`
    const isSound = found.findings.length === 0
    if (!isSound || !context.isQuiet)
      await context.out.lines([
        `${read}: ${isSound ? 'all sound' : counted(found.findings.length, 'finding')}`,
      ])
    return isSound ? ExitCode.ok : ExitCode.failed
  },
})

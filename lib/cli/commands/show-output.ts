import { plainText } from '../../capture/plain-text.js'
import type { RunEntry } from '../../db/run-entry.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { readRunOutput } from '../../repository/read-output.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { formatSize } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'

/**
 * `git flor show --output`: what runs printed, as plain text: stored escape sequences do not reach a terminal. Where something is left out a line says so, on
 * standard error where the output goes into a file or a pipe. Answers the exit code.
 */
export async function printOutputs(
  context: CommandContext,
  repository: FlorRepository,
  entries: readonly RunEntry[],
): Promise<number> {
  const style = await context.style()
  let isMissing = false
  for (const entry of entries) {
    const output = await readRunOutput(repository, entry)
    if (output === undefined) {
      isMissing = true
      context.note(`the output of run ${entry.run.slice(0, 7)} was not recorded`)
      context.note('hint: git flor run <command>    records what a command prints')
      continue
    }
    await print(context, output.head)
    if (output.tail === undefined) continue
    const left = formatSize(output.sizeBytes - output.head.length - output.tail.length)
    const gap = `[… about ${left} left out …]`
    if (context.io.isTerminal.stdout) await context.out.print(`${style.faint(gap)}\n`)
    else context.note(gap)
    await print(context, output.tail)
  }
  return isMissing ? ExitCode.failed : ExitCode.ok
}

async function print(context: CommandContext, bytes: Uint8Array): Promise<void> {
  const lines = new TextDecoder().decode(bytes).split('\n')
  for (const [i, line] of lines.entries()) {
    // Tabs are part of tables, and harmless.
    const text = plainText(line).split('\t').map(sanitizeLine).join('\t')
    await context.out.print(i < lines.length - 1 ? `${text}\n` : text)
  }
}

import { createInterface } from 'node:readline'
import { FlorError } from '../model/errors.js'
import type { Io } from './io.js'
import { sanitizeLine } from './render/sanitize.js'

/** Asks on stderr and reads one line of stdin; only `y` and `yes` agree, an end of input does not. @throws FlorError INTERRUPTED */
export async function askYesNo(io: Io, question: string): Promise<boolean> {
  io.stderr.write(`${sanitizeLine(question)} [y/N] `)
  const lines = createInterface({ input: io.stdin, terminal: false })
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('close', () => resolve(''))
      const interrupted = (): void => reject(new FlorError('interrupted', { code: 'INTERRUPTED' }))
      if (io.signal.aborted) interrupted()
      io.signal.addEventListener('abort', interrupted, { once: true })
    })
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Io } from './io.js'
import { packageRoot } from './package-root.js'

/**
 * Opens a manual page (`git-flor`, `git-flor-log`), the package's own copy, with `man`. Answers false where there is no `man`, no such page or no
 * terminal.
 */
export async function openManual(io: Io, name: string): Promise<boolean> {
  const page = join(packageRoot(), 'dist/man', `${name}.1`)
  if (!io.isTerminal.stdout || !existsSync(page)) return false
  const child = spawn('man', [page], { stdio: 'inherit', env: io.env })
  return new Promise((resolve) => {
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}

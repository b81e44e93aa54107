import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case } from './cases.js'

/** The text that a tool made, or undefined when it refused. */
export type Attempt = string | undefined

/** Runs `diff -u | patch` and `git merge-file` on cases, in a temporary folder of its own. */
export class Baselines {
  private readonly folder = mkdtempSync(join(tmpdir(), 'flor-bench-'))

  patch(one: Case): Attempt {
    this.write(one)
    const made = spawnSync('diff', ['-u', 'base', 'newer'], { cwd: this.folder })
    const applied = spawnSync('patch', ['-s', '-f', '--no-backup-if-mismatch', '-o', 'result', 'older'], {
      cwd: this.folder,
      input: made.stdout,
    })
    return applied.status === 0 ? readFileSync(join(this.folder, 'result'), 'utf8') : undefined
  }

  merge(one: Case): Attempt {
    this.write(one)
    const merged = spawnSync('git', ['merge-file', '-p', '-q', 'older', 'base', 'newer'], {
      cwd: this.folder,
    })
    return merged.status === 0 ? merged.stdout.toString('utf8') : undefined
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  private write(one: Case): void {
    writeFileSync(join(this.folder, 'base'), one.base)
    writeFileSync(join(this.folder, 'newer'), one.newer.text)
    writeFileSync(join(this.folder, 'older'), one.older.text)
  }
}

// What each further version costs before anything is executed: propagation, analysis, and a worktree at its patched commit.
import { fileURLToPath } from 'node:url'
import { readFlorConfigSync } from '../../../lib/git/config.js'
import type { Oid } from '../../../lib/model/oid.js'
import { WorktreePool } from '../../../lib/replay/worktree-pool.js'
import { type BenchRow, formatBench } from '../table.js'
import { BenchProject } from './bench-project.js'

const versions = 50
const files = 300

/** Fifty versions of a project of three hundred files, one run each; every version changes the script and ten files. */
export async function benchVersions(): Promise<BenchRow[]> {
  const project = new BenchProject('replay-versions.mjs')
  const { repository } = project
  for (let i = 0; i < files; i++) repository.write(`lib/module${i}.mjs`, moduleText(i, 0))
  for (let version = 0; version < versions; version++) {
    for (let i = 0; i < 10; i++) {
      const file = (version * 10 + i) % files
      repository.write(`lib/module${file}.mjs`, moduleText(file, version))
    }
    repository.write('train.mjs', `${repository.read('train.mjs')}console.log('version ${version}')\n`)
    repository.commit(`version ${version}`)
    project.train()
  }
  project.flor('seal')
  project.insert("  flor.log('double', 2 * sum)", "flor.log('sum'")
  const none = project.flor('log', '-n', '1').ms
  const { stdout, ms } = project.flor('backfill', 'double', '--dry-run', '--json')
  const rows = (JSON.parse(stdout) as { runs: { status: string; patched: Oid }[] }).runs
  const planned = rows.filter(({ status }) => status === 'planned')
  if (planned.length !== versions) throw new Error(`${planned.length} of ${versions} versions are planned`)
  const worktreeMs = await worktrees(
    project,
    planned.map(({ patched }) => patched),
  )
  const planMs = (ms - none) / versions
  return [
    {
      what: `planning and a worktree, each of ${versions} versions of ${files} files`,
      measured: `${(planMs + worktreeMs).toFixed(0)} ms (${planMs.toFixed(0)} + ${worktreeMs.toFixed(0)})`,
      baseline: `git flor log -n 1: ${none.toFixed(0)} ms`,
      goal: '<= 150 ms',
      reached: planMs + worktreeMs <= 150,
    },
  ]
}

/** Milliseconds a version: from one commit to the next as a backfill does it, with what it provides. */
async function worktrees({ repository }: BenchProject, commits: readonly Oid[]): Promise<number> {
  const { location } = repository
  const { link, copy } = readFlorConfigSync(location)
  const pool = new WorktreePool(location, { from: repository.path, link, copy })
  const before = performance.now()
  try {
    for (const commit of commits) (await pool.borrow(commit)).release()
    return (performance.now() - before) / commits.length
  } finally {
    await pool.close()
  }
}

function moduleText(i: number, version: number): string {
  const lines = Array.from({ length: 40 }, (_, line) => `export const value${line} = ${i * 1000 + line}`)
  return `// version ${version}\n${lines.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(await benchVersions()))

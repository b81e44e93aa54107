import type { Test } from 'tap'
import { cli } from '../unit/cli/harness.js'
import type { TestRepository } from './repository.js'
import { fromScratch, open, runsOf, storedValues } from './training.js'

/** Backfills expressions in a project of two runs by the command, and compares every run's values with an execution of its patched commit from the start. */
export async function checkExpressions(
  t: Test,
  repo: TestRepository,
  request: readonly string[],
  names: readonly string[],
): Promise<void> {
  // The first command gives the clone its writer, in its own configuration.
  await cli(repo.path, ['log'])
  const before = repo.fingerprint()
  const done = await cli(repo.path, ['backfill', ...request, '--yes', '--json'])
  t.equal(done.exitCode, 0, done.stderr)
  const { tasks, refused } = JSON.parse(done.stdout)
  t.strictSame(refused, [])
  for (const { status, fidelity } of tasks) {
    t.equal(status, 'done')
    t.equal(fidelity.status, 'identical')
  }
  t.strictSame(repo.fingerprint(), before, 'no file of the user was written')
  const { flor } = open(t, repo)
  const runs = await runsOf(flor)
  t.equal(runs.length, 2, 'the run of today’s code is among them')
  for (const run of runs) {
    const { backfills } = (await (await flor.index()).entry(run.run)) ?? run
    const made = backfills.find((it) => names.every((name) => it.names.includes(name)))
    if (made === undefined) throw new Error('not backfilled')
    const truth = fromScratch(t, repo, made.patched, run)
    const stored = await storedValues(flor, run, names)
    for (const name of names) {
      t.ok(Object.keys(stored[name] ?? {}).length > 0, `${name} has values`)
      t.strictSame(stored[name], truth[name], name)
    }
  }
  // Until it is closed, other commands wait for the index.
  await flor.close()
  const again = await cli(repo.path, ['backfill', ...request, '--yes'])
  t.match(again.stdout, /nothing to do: no value is missing/)
}

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import '../support/environment.js'

test('the demo ends well: each backfilled value equals a training from scratch, and a clone shows the same', async (t) => {
  const demo = fileURLToPath(new URL('../../examples/demo.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo, '--epochs', '3'], {
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr)
  // Two names in three epochs of five runs.
  t.match(stdout, /30 of 30 values in the clone equal to ours/)
  t.match(stdout, /30 of 30 backfilled values equal, bit for bit, to training from scratch/)
  const folder = /A throw-away repository in (\S+)/.exec(stdout)?.[1]
  if (folder !== undefined) rmSync(dirname(folder), { recursive: true, force: true })
})

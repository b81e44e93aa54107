import { locateRepositorySync } from '../../lib/git/location.js'
import { openObjectStore } from '../../lib/git/open-store.js'
import { publish } from '../../lib/git/shards.js'
import { recordRunCommitSync } from '../../lib/git/snapshot.js'

/** A program for tests of concurrency and crashes: `publisher.js <writer> <name> <count>` publishes runs `<name>-<i>` in the current repository. */
const [writer, name, count] = process.argv.slice(2) as [string, string, string]
const location = locateRepositorySync(process.cwd())
const store = await openObjectStore(location)
for (let i = 0; i < Number(count); i++) {
  const id = `${name}-${i}`
  const { commit } = recordRunCommitSync(
    location,
    { maxFileSizeBytes: 1000 },
    { id, subject: id, pendingRef: true },
  )
  process.stdout.write(`${id}\n`)
  await publish(location, store, writer, {
    run: commit,
    segment: Buffer.from(`[${id}]`),
    hasSegment: (note) => Buffer.from(note).includes(`[${id}]`),
    files: [{ path: 'columns/a', data: Buffer.from(id) }],
    keepAlive: [],
    dropPending: [id],
  })
}
await store.close()

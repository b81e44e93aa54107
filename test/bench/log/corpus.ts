import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureWriterSync } from '../../../lib/git/config.js'
import { locateRepositorySync, type RepositoryLocation } from '../../../lib/git/location.js'
import { fanoutPath } from '../../../lib/git/notes.js'
import { formatCommit } from '../../../lib/git/object-codec.js'
import { shardNotesRef, shardRunsRef } from '../../../lib/git/shards.js'
import { asOid, type Oid, type RunOid } from '../../../lib/model/oid.js'
import { encodeSegment } from '../../../lib/segment/segment-codec.js'
import { repository } from '../../support/repository.js'
import { madeRun, madeSegment, RECORDS_PER_RUN } from './made-run.js'

/** Changes with what is made: repositories of another version are made anew. */
const VERSION = 2

/** A repository with many runs, and its shard. */
export interface Corpus {
  readonly path: string
  readonly location: RepositoryLocation
  readonly writer: string
  readonly count: number
  readonly records: number
  /** HEAD of the repository: what all runs are based on. */
  readonly base: Oid
  /** Bytes of all notes before Git packs them. */
  readonly noteBytes: number
}

/**
 * The repository with `count` runs: made once, and kept below the system's temporary folder (TMPDIR), since 100k of them take
 * minutes and a gigabyte. Notes come from the real encoder and lie in the shard's real layout, in one pack, as after `git gc`.
 */
export async function corpusOf(count: number): Promise<Corpus> {
  const path = join(tmpdir(), 'git-flor-bench', `log-${VERSION}-${count}`)
  if (!existsSync(join(path, '.git/flor-made'))) {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { recursive: true })
    await make(path, count)
  }
  const location = locateRepositorySync(path)
  return {
    path,
    location,
    writer: ensureWriterSync(location),
    count,
    records: count * RECORDS_PER_RUN,
    base: location.head as Oid,
    noteBytes: Number(readFileSync(join(path, '.git/flor-made'), 'utf8')),
  }
}

/** The run commit number `n` of a corpus, before it exists: its bytes, and so its name, are known. */
export function runCommit(n: number, count: number, base: Oid, tree: Oid): { oid: RunOid; data: Buffer } {
  const { id, startedMs, script, args } = madeRun(n, count)
  const signature = { name: 'Ada', email: 'ada@example.org', timestampMs: startedMs, offsetMinutes: 0 }
  const data = formatCommit({
    tree,
    parents: [base],
    author: signature,
    committer: signature,
    message: `node ${script} --flor ${args.map(({ name, value }) => `${name}=${String(value)}`).join(' ')}\n\nFlor-Run: ${id}\n`,
  })
  const oid = createHash('sha1').update(`commit ${data.length}\0`).update(data).digest('hex')
  return { oid: asOid(oid) as RunOid, data }
}

async function make(path: string, count: number): Promise<void> {
  const repo = repository(undefined, { path })
    .write('train.js', "import * as flor from 'git-flor'\n")
    .commit('train')
  const location = locateRepositorySync(path)
  const writer = ensureWriterSync(location)
  const base = location.head as Oid
  const tree = asOid(repo.git('rev-parse', 'HEAD^{tree}'))
  const git = spawn('git', ['fast-import', '--quiet', '--depth=0', '--done'], {
    cwd: path,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const ended = once(git, 'close')
  let pending: (Buffer | string)[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    const data = Buffer.concat(pending.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
    pending = []
    size = 0
    if (!git.stdin.write(data)) await once(git.stdin, 'drain')
  }
  const send = (...parts: (Buffer | string)[]): Promise<void> | undefined => {
    for (const part of parts) {
      pending.push(part)
      size += part.length
    }
    return size > 1 << 20 ? flush() : undefined
  }
  const block = (data: Uint8Array): (Buffer | string)[] => [`data ${data.length}\n`, Buffer.from(data), '\n']

  let noteBytes = 0
  const notes: string[] = []
  for (let n = 0; n < count; n++) {
    const { oid, data } = runCommit(n, count, base, tree)
    const message = data.subarray(data.indexOf('\n\n') + 2)
    const who = /committer (.*)\n/.exec(data.toString())?.[1] as string
    const { note } = encodeSegment(madeSegment(n, count, oid, base))
    noteBytes += note.length
    notes.push(`M 100644 :${2 * n + 2} ${fanoutPath(oid)}\n`)
    await send(
      `commit refs/made\nmark :${2 * n + 1}\nauthor ${who}\ncommitter ${who}\n`,
      ...block(message),
      `from ${base}\n`,
      `blob\nmark :${2 * n + 2}\n`,
      ...block(note),
      // As publishing does: one commit a run, which keeps the run's commit alive.
      `commit ${shardRunsRef({ writer })}\ncommitter ${who}\n`,
      ...block(Buffer.from(`run ${oid.slice(0, 10)}: completed\n`)),
      n === 0 ? `from :${2 * n + 1}\ndeleteall\n` : `merge :${2 * n + 1}\n`,
    )
  }
  await send(`commit ${shardNotesRef({ writer })}\ncommitter Ada <ada@example.org> 1790000000 +0000\n`)
  await send(...block(Buffer.from('flor: notes of many runs\n')), ...notes, 'reset refs/made\n\ndone\n')
  await flush()
  git.stdin.end()
  const [code] = await ended
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
  repo.do('pack-refs', '--all')
  const first = runCommit(0, count, base, tree).oid
  if (repo.git('cat-file', '-t', first) !== 'commit') throw new Error(`run commit ${first} is not there`)
  writeFileSync(join(path, '.git/flor-made'), `${noteBytes}`)
}

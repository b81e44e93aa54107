/**
 * Shards: the refs that one writer appends to.
 *
 *     refs/notes/flor/<writer>                       run commit → msgpack segments, one after the other
 *     refs/notes/flor-summary/<writer>               commit → a line of text for each run of it, for git log
 *     refs/flor/runs/<writer>                        keeps run commits alive; <ab>/<rest>/… holds what belongs to each run
 *     refs/flor/pending/<id>                         keeps a run commit alive until it is sealed
 *     refs/flor/remotes/<remote>/notes/<writer>      what was fetched
 *     refs/flor/remotes/<remote>/runs/<writer>
 *     refs/flor/remotes/<remote>/summaries/<writer>
 */
import { isFlorError } from '../model/errors.js'
import type { Oid, RunOid } from '../model/oid.js'
import { WRITER_NAME } from './config.js'
import { editNote } from './edit-note.js'
import { identitySync } from './identity.js'
import type { RepositoryLocation } from './location.js'
import { fanoutPath } from './notes.js'
import { FILE_MODE } from './object-codec.js'
import type { ObjectStore, Signature } from './object-store.js'
import { listRefs, type RefUpdate, retrying, updateRefs } from './refs.js'
import { pendingRef } from './snapshot.js'
import { type SummaryLine, withSummaryLine } from './summary-note.js'
import { editTree, type TreeEdit } from './tree-editor.js'

/** One writer's refs, local or as fetched from one remote. */
export interface Shard {
  readonly writer: string
  /** Absent for a local shard. */
  readonly remote?: string
  /** Tips; absent where the ref does not exist. */
  readonly notes?: Oid
  readonly runs?: Oid
  /** Summary notes: of a local shard that is another clone's, a copy for git log of what was fetched. */
  readonly summaries?: Oid
}

/** Ref of a shard's notes. */
export function shardNotesRef(shard: Pick<Shard, 'writer' | 'remote'>): string {
  return shard.remote === undefined
    ? `refs/notes/flor/${shard.writer}`
    : `refs/flor/remotes/${shard.remote}/notes/${shard.writer}`
}

/** Ref of a shard's runs tree. */
export function shardRunsRef(shard: Pick<Shard, 'writer' | 'remote'>): string {
  return shard.remote === undefined
    ? `refs/flor/runs/${shard.writer}`
    : `refs/flor/remotes/${shard.remote}/runs/${shard.writer}`
}

/** Ref of a shard's summary notes. */
export function shardSummariesRef(shard: Pick<Shard, 'writer' | 'remote'>): string {
  return shard.remote === undefined
    ? `refs/notes/flor-summary/${shard.writer}`
    : `refs/flor/remotes/${shard.remote}/summaries/${shard.writer}`
}

/** All shards, local ones first, each group sorted by name. Fetched refs whose writer has no valid name are passed over. One spawn. */
export async function listShards(location: RepositoryLocation): Promise<Shard[]> {
  const shards = new Map<string, { -readonly [K in keyof Shard]: Shard[K] }>()
  for (const { ref, oid } of await listRefs(location, [
    'refs/notes/flor',
    'refs/notes/flor-summary',
    'refs/flor/runs',
    'refs/flor/remotes',
  ])) {
    const found = parseShardRef(ref)
    if (found === undefined) continue
    const { writer, remote, kind } = found
    const key = `${remote ?? ''}\0${writer}`
    const shard = shards.get(key) ?? { writer, ...(remote === undefined ? {} : { remote }) }
    shard[kind] = oid
    shards.set(key, shard)
  }
  return Array.from(shards)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, shard]) => shard)
}

/** What a ref of a shard holds. */
export type ShardKind = 'notes' | 'runs' | 'summaries'

const LOCAL_KINDS = {
  'refs/notes/flor': 'notes',
  'refs/notes/flor-summary': 'summaries',
  'refs/flor/runs': 'runs',
} as const satisfies Record<string, ShardKind>

/** Reads the name of a shard's ref; undefined for any other ref, and for writers of no valid name. A remote's name may hold slashes. */
export function parseShardRef(
  ref: string,
): { readonly writer: string; readonly remote?: string; readonly kind: ShardKind } | undefined {
  const slash = ref.lastIndexOf('/')
  const [folder, writer] = [ref.slice(0, slash), ref.slice(slash + 1)]
  if (folder in LOCAL_KINDS) return valid({ writer, kind: LOCAL_KINDS[folder as keyof typeof LOCAL_KINDS] })
  const fetched = /^refs\/flor\/remotes\/(.+)\/(notes|runs|summaries)$/.exec(folder)
  if (fetched === null) return undefined
  const [, remote, kind] = fetched as unknown as [string, string, ShardKind]
  return valid({ writer, remote, kind })
}

function valid<T extends { readonly writer: string }>(found: T): T | undefined {
  return WRITER_NAME.test(found.writer) ? found : undefined
}

/** A file below the run's folder in the runs tree: new content, or an object that exists. */
export type RunFile =
  | { readonly path: string; readonly data: Uint8Array }
  | { readonly path: string; readonly oid: Oid; readonly mode: string }

/** What {@link publish} adds to a shard for one run. */
export interface Publication {
  readonly run: RunOid
  /** An encoded segment, to be appended to the run's note. */
  readonly segment: Uint8Array
  /** Tells whether a note (its whole content) holds the segment already. */
  readonly hasSegment: (note: Uint8Array) => boolean
  readonly files: readonly RunFile[]
  /** Further commits that the shard must keep alive: patched commits. */
  readonly keepAlive: readonly Oid[]
  /**
   * The run's line in the summary note of the commit that it was based on (its own, where it has no parent), from what its note held before. Absent:
   * none is written.
   */
  readonly summarize?: (existing: Uint8Array) => SummaryLine
  /** Ids of pending refs that are no longer needed. */
  readonly dropPending?: readonly string[]
  /** Subject of the two commits. */
  readonly subject?: string
}

/** The tips of the shard after a publication, and whether it changed anything. */
export interface Published {
  readonly notes: Oid
  readonly runs: Oid | undefined
  readonly isNew: boolean
  /** Why the run has no line in its commit's summary note. That keeps nothing from being published. */
  readonly unsummarized?: string
}

/**
 * Appends a segment, files and a summary of a run to this clone's shard. All refs move, and the pending refs go, in one transaction
 * by compare-and-swap, retried when another process was faster. A segment that the note has already is not added again.
 * The runs ref is listed first and the pending refs last: should the machine die while git renames its lock files, what
 * is visible is a run without a note, still pending, which the next seal completes.
 * @throws FlorError OBJECT_MISSING (data: oid) when the run commit is gone; REF_CONTENDED
 */
export async function publish(
  location: RepositoryLocation,
  store: ObjectStore,
  writer: string,
  publication: Publication,
): Promise<Published> {
  const { run, keepAlive } = publication
  // A commit whose parent is missing could never be pushed: better to fail here.
  const base = (await store.readCommit(run)).parents[0] ?? run
  for (const commit of keepAlive) await store.readCommit(commit)
  const signature = identitySync(location)
  const [notesRef, runsRef] = [shardNotesRef({ writer }), shardRunsRef({ writer })]
  const summariesRef = shardSummariesRef({ writer })
  const pending = (publication.dropPending ?? []).map(pendingRef)
  return retrying(notesRef, async () => {
    const refs = new Map(
      (await listRefs(location, [notesRef, runsRef, summariesRef, ...pending])).map((r) => [r.ref, r.oid]),
    )
    const [notesTip, runsTip] = [refs.get(notesRef), refs.get(runsRef)]
    const dropped = pending.flatMap((ref): RefUpdate[] => {
      const old = refs.get(ref)
      return old === undefined ? [] : [{ ref, oid: null, old }]
    })
    let before: Uint8Array = new Uint8Array()
    const notes = await editNote(
      store,
      notesTip,
      {
        annotated: run,
        change: (existing) => {
          if (existing.length > 0 && publication.hasSegment(existing)) return undefined
          before = existing
          return Buffer.concat([existing, publication.segment])
        },
        message: publication.subject ?? 'flor: notes of a run',
      },
      signature,
    )
    if (notes === undefined) {
      return (await updateRefs(location, dropped))
        ? { notes: notesTip as Oid, runs: runsTip, isNew: false }
        : undefined
    }
    const runs = await addFiles(store, runsTip, publication, signature)
    const summariesTip = refs.get(summariesRef)
    const line = publication.summarize?.(before)
    const summaries = await summarize(store, summariesTip, base, line, signature)
    const moved = await updateRefs(location, [
      { ref: runsRef, oid: runs, old: runsTip ?? null },
      { ref: notesRef, oid: notes, old: notesTip ?? null },
      ...(summaries.tip === undefined
        ? []
        : [{ ref: summariesRef, oid: summaries.tip, old: summariesTip ?? null }]),
      ...dropped,
    ])
    const { unsummarized } = summaries
    return moved
      ? { notes, runs, isNew: true, ...(unsummarized === undefined ? {} : { unsummarized }) }
      : undefined
  })
}

/** The summary notes with a line in them. What is wrong with those must not keep the run itself from being published. */
async function summarize(
  store: ObjectStore,
  tip: Oid | undefined,
  commit: Oid,
  line: SummaryLine | undefined,
  signature: Signature,
): Promise<{ readonly tip?: Oid; readonly unsummarized?: string }> {
  if (line === undefined) return {}
  try {
    const next = await editNote(
      store,
      tip,
      {
        annotated: commit,
        change: (existing) => {
          const text = withSummaryLine(existing.toString(), line)
          return text === undefined ? undefined : Buffer.from(text)
        },
        message: `summary of run ${line.run.slice(0, 10)}`,
      },
      signature,
    )
    return next === undefined ? {} : { tip: next }
  } catch (error) {
    if (!isFlorError(error, 'OBJECT_MISSING')) throw error
    return { unsummarized: error.message }
  }
}

/** So that stock git-lfs works on the runs ref without a word in the user's own attributes. */
const ATTRIBUTES = Buffer.from('*.safetensors filter=lfs diff=lfs merge=lfs -text\n')

async function addFiles(
  store: ObjectStore,
  tip: Oid | undefined,
  publication: Publication,
  signature: Signature,
): Promise<Oid> {
  const { run } = publication
  const edits = new Map<string, TreeEdit>()
  edits.set('.gitattributes', { mode: FILE_MODE, oid: await store.writeBlob(ATTRIBUTES) })
  for (const file of publication.files) {
    const edit = 'data' in file ? { mode: FILE_MODE, oid: await store.writeBlob(file.data) } : file
    edits.set(`${fanoutPath(run)}/${file.path}`, { mode: edit.mode, oid: edit.oid })
  }
  const tree = tip === undefined ? undefined : (await store.readCommit(tip)).tree
  const parents = [...(tip === undefined ? [] : [tip]), run, ...publication.keepAlive]
  return store.writeCommit({
    tree: (await editTree(store, tree, edits)) as Oid,
    parents: [...new Set(parents)],
    author: signature,
    committer: signature,
    message: `${publication.subject ?? 'flor: files of a run'}\n`,
  })
}

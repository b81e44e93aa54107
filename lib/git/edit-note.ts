import type { Oid } from '../model/oid.js'
import { fanoutPath } from './notes.js'
import { FILE_MODE, FOLDER_MODE } from './object-codec.js'
import type { ObjectStore, Signature } from './object-store.js'
import { editTree, type TreeEdit } from './tree-editor.js'

/** A change of one note. */
export interface NoteChange {
  /** What the note belongs to. */
  readonly annotated: Oid
  /** The note's new content from the whole of its present one (empty where there is none); undefined leaves it as it is. */
  readonly change: (existing: Buffer) => Uint8Array | undefined
  readonly message: string
}

/**
 * The notes commit that follows `tip` with one note changed; undefined when nothing changes. Writes objects only.
 * @throws FlorError OBJECT_MISSING
 */
export async function editNote(
  store: ObjectStore,
  tip: Oid | undefined,
  { annotated, change, message }: NoteChange,
  signature: Signature,
): Promise<Oid | undefined> {
  const tree = tip === undefined ? undefined : (await store.readCommit(tip)).tree
  const found = tree === undefined ? [] : await findNotes(store, tree, annotated, '')
  const parts = (await store.readBlobs(found.map((note) => note.oid))).filter((data) => data !== undefined)
  const content = change(Buffer.concat(parts))
  if (content === undefined) return undefined
  const edits = new Map<string, TreeEdit>(found.map((note) => [note.path, null]))
  edits.set(fanoutPath(annotated), { mode: FILE_MODE, oid: await store.writeBlob(content) })
  return store.writeCommit({
    tree: (await editTree(store, tree, edits)) as Oid,
    parents: tip === undefined ? [] : [tip],
    author: signature,
    committer: signature,
    message: `${message}\n`,
  })
}

/** The notes of an object wherever a fan-out puts them: git itself may have written the tree last. */
async function findNotes(
  store: ObjectStore,
  tree: Oid,
  rest: string,
  path: string,
): Promise<{ path: string; oid: Oid }[]> {
  const found: { path: string; oid: Oid }[] = []
  for (const entry of await store.readTree(tree)) {
    if (entry.name === rest && entry.mode !== FOLDER_MODE)
      found.push({ path: path + entry.name, oid: entry.oid })
    else if (entry.mode === FOLDER_MODE && entry.name === rest.slice(0, 2)) {
      found.push(...(await findNotes(store, entry.oid, rest.slice(2), `${path}${entry.name}/`)))
    }
  }
  return found
}

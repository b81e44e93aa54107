import type { Oid } from '../model/oid.js'
import { FOLDER_MODE } from './object-codec.js'
import type { ObjectStore, TreeEntry } from './object-store.js'

/** What a path becomes; null removes it. An `oid` of a tree with mode 040000 puts a whole folder there. */
export type TreeEdit = { readonly mode: string; readonly oid: Oid } | null

interface Folder {
  readonly entries: Map<string, TreeEdit>
  readonly folders: Map<string, Folder>
}

/**
 * Writes a tree that differs from `root` by `edits` (path with forward slashes → entry), touching only the folders on the
 * way to them. Folders are made as needed and vanish with their last entry; a file in the place of a needed folder is
 * replaced. Returns undefined when nothing is left.
 * @throws TypeError for a path that is both an entry and a folder among the edits, or is no path
 */
export async function editTree(
  store: ObjectStore,
  root: Oid | undefined,
  edits: ReadonlyMap<string, TreeEdit>,
): Promise<Oid | undefined> {
  const top = newFolder()
  for (const [path, edit] of edits) {
    const parts = path.split('/')
    const name = parts.pop() as string
    let folder = top
    for (const part of parts) {
      const next = folder.folders.get(part) ?? newFolder()
      folder.folders.set(part, next)
      folder = next
    }
    folder.entries.set(name, edit)
  }
  return editFolder(store, root, top, '')
}

function newFolder(): Folder {
  return { entries: new Map(), folders: new Map() }
}

async function editFolder(
  store: ObjectStore,
  oid: Oid | undefined,
  folder: Folder,
  path: string,
): Promise<Oid | undefined> {
  const entries = new Map<string, TreeEntry>()
  if (oid !== undefined) for (const entry of await store.readTree(oid)) entries.set(entry.name, entry)
  for (const [name, edit] of folder.entries) {
    if (folder.folders.has(name)) throw new TypeError(`both an entry and a folder: ${path}${name}`)
    if (edit === null) entries.delete(name)
    else entries.set(name, { name, mode: edit.mode, oid: edit.oid })
  }
  await Promise.all(
    Array.from(folder.folders, async ([name, inner]) => {
      const before = entries.get(name)
      const tree = before?.mode === FOLDER_MODE ? before.oid : undefined
      const after = await editFolder(store, tree, inner, `${path}${name}/`)
      if (after !== undefined) entries.set(name, { name, mode: FOLDER_MODE, oid: after })
      // Removing a path below a file must not remove the file.
      else if (tree !== undefined) entries.delete(name)
    }),
  )
  return entries.size === 0 ? undefined : store.writeTree([...entries.values()])
}

/** The entry at a path of a tree; undefined when there is none. Reads one tree a folder. */
export async function findEntry(store: ObjectStore, root: Oid, path: string): Promise<TreeEntry | undefined> {
  const parts = path.split('/')
  const name = parts.pop() as string
  let tree = root
  for (const part of parts) {
    const entry = (await store.readTree(tree)).find((e) => e.name === part)
    if (entry?.mode !== FOLDER_MODE) return undefined
    tree = entry.oid
  }
  return (await store.readTree(tree)).find((e) => e.name === name)
}

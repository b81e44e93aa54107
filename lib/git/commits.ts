import { FlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { FILE_MODE } from './object-codec.js'
import type { ObjectStore } from './object-store.js'
import { git, gitSync, splitItems } from './process.js'
import { editTree, findEntry, type TreeEdit } from './tree-editor.js'

/** A file of a commit or tree. */
export interface TreeFile {
  readonly path: string
  /** As Git prints it: `100644`, `100755`, `120000`, `160000`. */
  readonly mode: string
  readonly oid: Oid
}

/**
 * Commits `parent`'s tree with some files' content replaced; modes are kept, new files are ordinary ones. Author and dates
 * are the parent's, so that the same change of the same commit is the same commit, whoever makes it and however often.
 * Writes objects only.
 * @throws FlorError OBJECT_MISSING (data: oid)
 */
export async function commitFiles(
  _location: RepositoryLocation,
  store: ObjectStore,
  change: { readonly parent: Oid; readonly files: ReadonlyMap<string, Uint8Array>; readonly message: string },
): Promise<Oid> {
  const { tree, author } = await store.readCommit(change.parent)
  const edits = new Map<string, TreeEdit>()
  for (const [path, data] of change.files) {
    const before = await findEntry(store, tree, path)
    const mode = before?.mode === '100755' ? before.mode : FILE_MODE
    edits.set(path, { mode, oid: await store.writeBlob(data) })
  }
  return store.writeCommit({
    tree: (await editTree(store, tree, edits)) ?? (await store.writeTree([])),
    parents: [change.parent],
    author,
    committer: author,
    message: change.message,
  })
}

/**
 * The content of a file of a commit or tree, without filters; undefined when there is no file of that name. One spawn.
 * @throws FlorError OBJECT_MISSING (data: oid) when there is no such commit
 */
export async function blobAt(
  location: RepositoryLocation,
  commit: Oid,
  path: string,
): Promise<Uint8Array | undefined> {
  // Asked through stdin, where a path needs no care but for newlines, which no answer could be told apart with.
  // A leading `./` or `../` would be taken from the working directory.
  if (path === '' || path.includes('\n') || /^\.{1,2}(?:\/|$)/.test(path)) return undefined
  const { stdout } = await git(['cat-file', '--batch'], {
    ...inRepository(location),
    input: `${commit}^{tree}\n${commit}:${path}\n`,
  })
  const first = stdout.indexOf(0x0a)
  const [, kind, size] = stdout.toString('latin1', 0, first).split(' ')
  if (kind !== 'tree') throw gone(commit)
  const header = first + 1 + Number(size) + 1
  const end = stdout.indexOf(0x0a, header)
  const length = /^[0-9a-f]+ blob (\d+)$/.exec(stdout.toString('utf8', header, end))?.[1]
  return length === undefined ? undefined : stdout.subarray(end + 1, end + 1 + Number(length))
}

/**
 * Every file of a commit or tree, sorted by path. One spawn.
 * @throws FlorError OBJECT_MISSING (data: oid) when there is no such commit
 */
export async function listFiles(location: RepositoryLocation, commit: Oid): Promise<TreeFile[]> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', commit]
  const { stdout, exitCode } = await git(args, { ...inRepository(location), expectExit: [0, 128] })
  if (exitCode !== 0) throw gone(commit)
  return splitItems(stdout).map((line) => {
    const tab = line.indexOf('\t')
    const [mode, , oid] = line.slice(0, tab).split(' ')
    return { path: line.slice(tab + 1), mode: mode as string, oid: oid as Oid }
  })
}

/** What became of one file between two commits or trees: one path is absent where it came or went. */
export interface FileChange {
  readonly older?: string
  readonly newer?: string
}

/**
 * Files that differ between two commits or trees, sorted by path; renames by git's rename-aware diff (half of the content
 * in common). One spawn. Copies are not asked for: what git would call the source of one is listed as changed anyway.
 */
export async function changesBetween(
  location: RepositoryLocation,
  older: Oid,
  newer: Oid,
): Promise<FileChange[]> {
  const args = ['diff-tree', '-r', '-z', '--name-status', '-M50%', '-l10000']
  const { stdout } = await git([...args, `${older}^{tree}`, `${newer}^{tree}`], inRepository(location))
  const items = splitItems(stdout)
  const changes: FileChange[] = []
  for (let i = 0; i + 1 < items.length; i += 2) {
    const status = items[i] as string
    const path = items[i + 1] as string
    if (status.startsWith('R')) changes.push({ older: path, newer: items[++i + 1] as string })
    else
      changes.push({ ...(status === 'A' ? {} : { older: path }), ...(status === 'D' ? {} : { newer: path }) })
  }
  return changes
}

/** The content of some files of a commit or tree, without filters; those that are no files are left out. One spawn. */
export function blobsAtSync(
  location: RepositoryLocation,
  commit: Oid,
  paths: readonly string[],
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  // No answer could be told apart where a name holds a line end; see blobAt.
  const asked = paths.filter((path) => path !== '' && !path.includes('\n') && !/^\.{1,2}(?:\/|$)/.test(path))
  if (asked.length === 0) return found
  const input = asked.map((path) => `${commit}:${path}\n`).join('')
  const { stdout } = gitSync(['cat-file', '--batch'], { ...inRepository(location), input })
  let at = 0
  for (const path of asked) {
    const end = stdout.indexOf(0x0a, at)
    const [, type, size] = /^[0-9a-f]+ ([a-z]+) (\d+)$/.exec(stdout.toString('utf8', at, end)) ?? []
    at = end + 1
    if (size === undefined) continue
    if (type === 'blob') found.set(path, stdout.subarray(at, at + Number(size)))
    at += Number(size) + 1
  }
  return found
}

function gone(commit: Oid): FlorError {
  return new FlorError(`commit ${commit} is not in this repository`, {
    code: 'OBJECT_MISSING',
    data: { oid: commit },
  })
}

/**
 * The bytes of trees and commits, for both object formats (Pro Git, "Git Internals - Git Objects").
 *
 * A tree is a run of entries `<mode> SP <name> NUL <raw oid>`, the mode without leading zeros, sorted by name as bytes where a folder
 * counts as if its name ended in a slash. A commit is lines `tree <oid>`, `parent <oid>`…, `author …`, `committer …`, further headers, an empty line and
 * the message.
 *
 * Names are UTF-8 in most repositories, not in all: a name that is not is read with each of its bytes from 0x80 on as a
 * lone surrogate (0xDC00 + byte), and written back to the same bytes.
 */
import { asOid, type Oid } from '../model/oid.js'
import { formatIdentity, parseIdentity } from './identity.js'
import type { CommitObject, Signature, TreeEntry } from './object-store.js'

/** Reads a tree. @throws RangeError if it is cut short */
export function parseTree(data: Uint8Array, oidBytes: 20 | 32): TreeEntry[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const entries: TreeEntry[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const nul = bytes.indexOf(0, space)
    const end = nul + 1 + oidBytes
    if (space === -1 || nul === -1 || end > bytes.length)
      throw new RangeError(`a tree that ends inside of an entry`)
    entries.push({
      mode: bytes.toString('latin1', at, space).padStart(6, '0'),
      name: decodeName(bytes.subarray(space + 1, nul)),
      oid: bytes.toString('hex', nul + 1, end) as Oid,
    })
    at = end
  }
  return entries
}

/** Writes a tree, its entries sorted as Git sorts them. @throws TypeError for a name that no entry can have, or one that stands twice */
export function formatTree(entries: readonly TreeEntry[]): Buffer {
  const named = entries.map((entry) => {
    const name = encodeName(entry.name)
    if (!isEntryName(name)) throw new TypeError(`not a name of a tree entry: ${JSON.stringify(entry.name)}`)
    const key = entry.mode === FOLDER_MODE ? Buffer.concat([name, SLASH]) : name
    return { entry, name, key }
  })
  named.sort((a, b) => Buffer.compare(a.key, b.key))
  const seen = new Set<string>()
  return Buffer.concat(
    named.flatMap(({ entry, name }) => {
      if (seen.has(entry.name))
        throw new TypeError(`a tree entry that stands twice: ${JSON.stringify(entry.name)}`)
      seen.add(entry.name)
      return [Buffer.from(`${entry.mode.replace(/^0+/, '')} `), name, NUL, Buffer.from(entry.oid, 'hex')]
    }),
  )
}

/** The mode of an entry that is a tree. */
export const FOLDER_MODE = '040000'
/** The mode of an ordinary file. */
export const FILE_MODE = '100644'

const SLASH = Buffer.from('/')
const NUL = Buffer.from([0])

function isEntryName(name: Buffer): boolean {
  if (name.length === 0 || name.includes(0) || name.includes(0x2f)) return false
  const text = name.toString('latin1').toLowerCase()
  return text !== '.' && text !== '..' && text !== '.git'
}

/** Reads a commit; a message that is not UTF-8 loses what cannot be read. @throws TypeError if it has no tree */
export function parseCommit(data: Uint8Array): CommitObject {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  const end = text.indexOf('\n\n')
  const headers = end === -1 ? text : text.slice(0, end)
  const parents: Oid[] = []
  let tree: Oid | undefined
  let author: Signature | undefined
  let committer: Signature | undefined
  for (const line of headers.split('\n')) {
    if (line.startsWith('tree ')) tree ??= asOid(line.slice(5))
    else if (line.startsWith('parent ')) parents.push(asOid(line.slice(7)))
    else if (line.startsWith('author ')) author ??= readIdentity(line.slice(7))
    else if (line.startsWith('committer ')) committer ??= readIdentity(line.slice(10))
  }
  if (tree === undefined) throw new TypeError('a commit without a tree')
  author ??= committer ?? readIdentity('')
  return {
    tree,
    parents,
    author,
    committer: committer ?? author,
    message: end === -1 ? '' : text.slice(end + 2),
  }
}

/** Writes a commit with the four headers that every commit has, its message as it stands. */
export function formatCommit(commit: CommitObject): Buffer {
  const headers = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${formatIdentity(commit.author)}`,
    `committer ${formatIdentity(commit.committer)}`,
  ]
  return Buffer.from(`${headers.join('\n')}\n\n${commit.message}`)
}

/** History holds signatures that git itself would no longer write. */
function readIdentity(text: string): Signature {
  return parseIdentity(text) ?? { name: text, email: '', timestampMs: 0, offsetMinutes: 0 }
}

function decodeName(bytes: Buffer): string {
  const text = bytes.toString()
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('')
}

function encodeName(name: string): Buffer {
  if (!/\p{Surrogate}/u.test(name)) return Buffer.from(name)
  return Buffer.from(Array.from(name, (c) => c.charCodeAt(0) & 0xff))
}

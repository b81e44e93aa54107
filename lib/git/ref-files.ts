import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isOid, type Oid } from '../model/oid.js'
import type { RepositoryLocation } from './location.js'

/** Larger ones git finds its way in faster than we do. */
const MAX_PACKED_BYTES = 1 << 20

/** Something in the files that only git understands. */
class Unreadable extends Error {}

/**
 * Refs under some prefixes (whole path components) of a repository that keeps refs as files, by name, unsorted: loose ones, and those in
 * `packed-refs`. Undefined where something is not as usual (symbolic or broken refs, links, many packed refs): that is git's to read.
 * Source: gitrepository-layout(5); loose refs first, since packing writes the new file before it removes them.
 */
export function readRefFiles(commonDir: string, prefixes: readonly string[]): Map<string, Oid> | undefined {
  try {
    const loose = new Map<string, Oid>()
    for (const prefix of prefixes) readLoose(commonDir, prefix, loose)
    const all = readPacked(commonDir, (ref) =>
      prefixes.some((prefix) => ref === prefix || ref.startsWith(`${prefix}/`)),
    )
    for (const [ref, oid] of loose) all.set(ref, oid)
    return all
  } catch {
    return undefined
  }
}

/** One ref, by its full name; undefined where there is none, or it is not as usual. */
export function readRefFile(commonDir: string, ref: string): Oid | undefined {
  if (!isSafe(ref)) return undefined
  try {
    const found = statSync(join(commonDir, ref), { throwIfNoEntry: false })
    if (found?.isFile() === true) return oidIn(readFileSync(join(commonDir, ref), 'latin1'))
    return readPacked(commonDir, (name) => name === ref).get(ref)
  } catch {
    return undefined
  }
}

/**
 * Whether git may resolve a word to an object: false only where it is neither the name of a ref, nor an oid's beginning, nor written in the
 * syntax of revisions. Source: gitrevisions(7).
 */
export function mayBeRevision(
  { gitDir, commonDir, refFormat }: Pick<RepositoryLocation, 'gitDir' | 'commonDir' | 'refFormat'>,
  word: string,
): boolean {
  if (
    refFormat !== 'files' ||
    !isSafe(word) ||
    /[@]|^-|-g[0-9a-f]+$/i.test(word) ||
    /^[0-9a-f]{4,64}$/i.test(word)
  )
    return true
  const places = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'].map((place) => `${place}${word}`)
  try {
    const isThere = (ref: string): boolean =>
      [gitDir, commonDir].some((folder) => existsSync(join(folder, ref)))
    return (
      places.some(isThere) ||
      readPacked(commonDir, (ref) => places.includes(ref) || ref === `refs/remotes/${word}/HEAD`).size > 0
    )
  } catch {
    return true
  }
}

function readLoose(commonDir: string, ref: string, found: Map<string, Oid>): void {
  if (!isSafe(ref)) throw new Unreadable(ref)
  const path = join(commonDir, ref)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (stat.isFile()) found.set(ref, oidIn(readFileSync(path, 'latin1')))
  else readFolder(path, ref, found)
}

function readFolder(path: string, ref: string, found: Map<string, Oid>): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.name.endsWith('.lock')) continue
    const [name, at] = [`${ref}/${entry.name}`, join(path, entry.name)]
    if (entry.isDirectory()) readFolder(at, name, found)
    else found.set(name, oidOf(entry, at))
  }
}

function oidOf(entry: Dirent, path: string): Oid {
  if (!entry.isFile() || !isSafe(entry.name)) throw new Unreadable(path)
  return oidIn(readFileSync(path, 'latin1'))
}

function readPacked(commonDir: string, isWanted: (ref: string) => boolean): Map<string, Oid> {
  const path = join(commonDir, 'packed-refs')
  const found = new Map<string, Oid>()
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return found
  if (stat.size > MAX_PACKED_BYTES) throw new Unreadable(path)
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    // `#` begins the file, `^` tells what a tag leads to.
    if (line === '' || line.startsWith('#') || line.startsWith('^')) continue
    const space = line.indexOf(' ')
    const ref = line.slice(space + 1)
    if (isWanted(ref)) found.set(ref, oidIn(line.slice(0, space)))
  }
  return found
}

function oidIn(text: string): Oid {
  const oid = text.trimEnd()
  if (!isOid(oid)) throw new Unreadable(text)
  return oid
}

/** No way out of the folder, and nothing that git would not take for a name. */
function isSafe(ref: string): boolean {
  return !/(?:^|\/)\.|\.\.|\.lock$|[\0-\x20\x7f~^:?*[\\]|\/$|@\{/.test(ref)
}

import { FlorError, isFlorError } from '../model/errors.js'
import { isOid, type Oid } from '../model/oid.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { git, splitItems } from './process.js'

/** Where we put what belongs to an object, in notes trees and runs trees: `ab/cdef…`. */
export function fanoutPath(oid: Oid): string {
  return `${oid.slice(0, 2)}/${oid.slice(2)}`
}

/** The object that a path of a notes tree annotates, whatever its fan-out (`ab/cd/ef…`); undefined for other paths. */
export function annotatedOid(path: string): Oid | undefined {
  const joined = path.replaceAll('/', '')
  return isOid(joined) && /^(?:[0-9a-f]{2}\/)*[0-9a-f]+$/.test(path) ? joined : undefined
}

/**
 * All notes of a notes commit: annotated object → blob. One spawn. Paths that annotate nothing are passed over.
 * @throws FlorError OBJECT_MISSING (data: oid) when there is no such commit
 */
export async function readNoteList(location: RepositoryLocation, tip: Oid): Promise<Map<Oid, Oid>> {
  const { stdout } = await asking(location, tip, ['ls-tree', '-r', '-z', '--full-tree', tip])
  const notes = new Map<Oid, Oid>()
  for (const line of splitItems(stdout)) {
    const tab = line.indexOf('\t')
    const [, type, blob] = line.slice(0, tab).split(' ')
    const annotated = annotatedOid(line.slice(tab + 1))
    if (annotated !== undefined && type === 'blob') notes.set(annotated, blob as Oid)
  }
  return notes
}

/**
 * Notes that differ between two notes commits, by the difference of their trees: annotated object → its blob in `newTip`,
 * undefined where the note is gone. Without `oldTip` it is every note. One spawn; its cost grows with the difference.
 * @throws FlorError OBJECT_MISSING (data: oid) when one of the commits is gone: read everything anew
 */
export async function changedNotes(
  location: RepositoryLocation,
  oldTip: Oid | undefined,
  newTip: Oid,
): Promise<Map<Oid, Oid | undefined>> {
  if (oldTip === undefined) return readNoteList(location, newTip)
  if (oldTip === newTip) return new Map()
  const { stdout } = await asking(location, oldTip, [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    oldTip,
    newTip,
  ])
  const items = splitItems(stdout)
  const changed = new Map<Oid, Oid | undefined>()
  for (let i = 0; i + 1 < items.length; i += 2) {
    const [, , , blob, status] = (items[i] as string).split(' ')
    const annotated = annotatedOid(items[i + 1] as string)
    if (annotated === undefined) continue
    // A changed fan-out shows as a removal here and an addition there: the addition counts.
    if (status !== 'D') changed.set(annotated, blob as Oid)
    else if (!changed.has(annotated)) changed.set(annotated, undefined)
  }
  return changed
}

async function asking(location: RepositoryLocation, oid: Oid, args: readonly string[]) {
  try {
    return await git(args, inRepository(location))
  } catch (error) {
    if (!isFlorError(error, 'GIT_FAILED')) throw error
    if (
      !/not a tree object|bad (object|revision)|not a valid object|unable to read|ambiguous argument/i.test(
        String(error.data.stderr),
      )
    )
      throw error
    throw new FlorError(`notes commit ${oid} is not in this repository`, {
      code: 'OBJECT_MISSING',
      data: { oid },
      cause: error,
    })
  }
}

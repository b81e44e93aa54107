import { inRepository, type RepositoryLocation } from '../git/location.js'
import { git, splitItems } from '../git/process.js'
import type { Oid } from '../model/oid.js'

/** A file that two commits have differently. */
export interface ChangedFile {
  readonly path: string
  /** Where it was, if it was renamed. */
  readonly from?: string
  /** Lines; absent for binary files. */
  readonly added?: number
  readonly deleted?: number
}

/** The files in which two commits differ, as `git diff --numstat -M` counts. One spawn of git. @throws FlorError GIT_FAILED */
export async function changedFiles(location: RepositoryLocation, from: Oid, to: Oid): Promise<ChangedFile[]> {
  const args = ['diff-tree', '-r', '-M', '--numstat', '-z', '--no-ext-diff', from, to, '--']
  const items = splitItems((await git(args, inRepository(location))).stdout)
  const files: ChangedFile[] = []
  for (let i = 0; i < items.length; i++) {
    const [added = '', deleted = '', path = ''] = (items[i] as string).split('\t')
    const counts = added === '-' ? {} : { added: Number(added), deleted: Number(deleted) }
    // A renamed file has an empty path, and both paths behind it.
    if (path !== '') files.push({ path, ...counts })
    else files.push({ from: items[++i] as string, path: items[++i] as string, ...counts })
  }
  return files
}

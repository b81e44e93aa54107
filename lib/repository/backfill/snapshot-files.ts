import { noWorkingTree } from '../../git/location.js'
import { gitSync, splitItems } from '../../git/process.js'
import { snapshotSync } from '../../git/snapshot.js'
import type { Oid } from '../../model/oid.js'
import type { FlorRepository } from '../flor-repository.js'

/**
 * The working tree as a tree object, uncommitted and new files included. Writes objects, touches nothing of the user's.
 * @throws FlorError BARE_REPOSITORY
 */
export function snapshotTree(repository: FlorRepository): Oid {
  if (repository.location.topLevel === undefined) {
    throw noWorkingTree(repository.location, 'to take log statements from')
  }
  return snapshotSync(repository.location, repository.config).tree
}

/** Paths of the files of a snapshot that hold one of `words`. One spawn. */
export function filesThatMention(repository: FlorRepository, tree: Oid, words: readonly string[]): string[] {
  const patterns = words.flatMap((word) => ['-e', word])
  const answer = gitSync(['grep', '-l', '-z', '-I', '-F', '--full-name', ...patterns, tree], {
    cwd: repository.location.topLevel as string,
    expectExit: [0, 1],
  })
  return splitItems(answer.stdout).map((item) => item.slice(tree.length + 1))
}

/** The text of a file that a snapshot has. One spawn. */
export function readFile(repository: FlorRepository, tree: Oid, path: string): string {
  const answer = gitSync(['cat-file', 'blob', `${tree}:${path}`], {
    cwd: repository.location.topLevel as string,
  })
  return answer.stdout.toString('utf8')
}

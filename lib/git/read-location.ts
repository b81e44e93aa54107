import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isOid, type Oid } from '../model/oid.js'
import type { RepositoryLocation } from './location.js'
import { readRefFile } from './ref-files.js'

/** Variables by which git finds a repository elsewhere, reads another configuration, or stops looking. */
const REDIRECTING =
  /^GIT_(?:DIR|WORK_TREE|COMMON_DIR|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|OBJECT_DIRECTORY|NAMESPACE|CONFIG|CONFIG_COUNT|CONFIG_PARAMETERS|REF_\w+|DEFAULT_\w+)$/

/**
 * What `git rev-parse` would tell of a usual repository, read from its files, since a process takes longer than all of them: a working tree of
 * the user's own with a `.git` folder of files and SHA-1 objects in it, and a commit. Undefined for everything else (bare, linked,
 * reftable, of another owner, across file systems, `core.worktree`, …), which is git's to judge.
 * Source: setup_git_directory_gently_1 and check_repository_format in git's setup.c.
 */
export function readLocation(cwd: string, env: NodeJS.ProcessEnv): RepositoryLocation | undefined {
  const user = process.geteuid?.()
  if (user === undefined || Object.keys(env).some((name) => REDIRECTING.test(name))) return undefined
  try {
    const folder = realpathSync(cwd)
    const device = statSync(folder).dev
    for (let topLevel = folder; ; topLevel = dirname(topLevel)) {
      const top = statSync(topLevel)
      if (top.dev !== device || looksLikeGitDirectory(topLevel)) return undefined
      const gitDir = join(topLevel, '.git')
      const found = statSync(gitDir, { throwIfNoEntry: false })
      if (found !== undefined) return ofUsual(topLevel, gitDir, { user, stats: [top, found] })
      if (dirname(topLevel) === topLevel) return undefined
    }
  } catch {
    return undefined
  }
}

/** git takes a folder with these for a repository itself. */
function looksLikeGitDirectory(folder: string): boolean {
  return ['HEAD', 'objects', 'refs'].every(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined,
  )
}

function ofUsual(
  topLevel: string,
  gitDir: string,
  { user, stats }: { readonly user: number; readonly stats: readonly Stats[] },
): RepositoryLocation | undefined {
  // Another owner: safe.directory decides. A link: git shows where it leads.
  if (stats.some((it) => it.uid !== user || !it.isDirectory()) || realpathSync(gitDir) !== gitDir)
    return undefined
  if (!looksLikeGitDirectory(gitDir) || !isUsualConfig(readFileSync(join(gitDir, 'config'), 'utf8')))
    return undefined
  const place = {
    topLevel,
    gitDir,
    commonDir: gitDir,
    objectFormat: 'sha1',
    refFormat: 'files',
    bare: false,
  } as const
  const head = readFileSync(join(gitDir, 'HEAD'), 'utf8')
  if (isSha1(head.trimEnd())) return { ...place, head: head.trimEnd() as Oid }
  const branch = /^ref: (refs\/heads\/[^\s]+)\n?$/.exec(head)?.[1]
  const oid = branch === undefined ? undefined : readRefFile(gitDir, branch)
  return branch === undefined || oid === undefined ? undefined : { ...place, branch, head: oid }
}

/** Nothing in it that changes what kind of repository it is. */
function isUsualConfig(text: string): boolean {
  const settings = text.match(/^[ \t]*(?:bare|repositoryformatversion)[ \t]*=.*$/gim) ?? []
  return (
    !/^[ \t]*\[[ \t]*(?:extensions|include|includeif)\b/im.test(text) &&
    !/worktree/i.test(text) &&
    settings.length === 2 &&
    settings.every((it) => /^\s*(?:bare\s*=\s*false|repositoryformatversion\s*=\s*0)\s*$/i.test(it))
  )
}

const isSha1 = (text: string): boolean => text.length === 40 && isOid(text)

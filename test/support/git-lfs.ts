import { spawnSync } from 'node:child_process'

/** Why a test that needs git-lfs cannot run, for tap's `skip`; false where it can. */
export const withoutLfs: string | false =
  spawnSync('git', ['lfs', 'version']).status === 0 ? false : 'git-lfs is not installed'

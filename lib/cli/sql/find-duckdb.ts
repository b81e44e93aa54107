import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inRepository, type RepositoryLocation } from '../../git/location.js'
import { git } from '../../git/process.js'
import { FlorError } from '../../model/errors.js'
import { packageRoot } from '../package-root.js'

/** The package, as it is needed here; its types are those of the version that git-flor is tested with. */
export type DuckDb = typeof import('@duckdb/node-api')
export type DuckDbBindings = typeof import('@duckdb/node-bindings')

const PACKAGE = '@duckdb/node-api'

/**
 * Finds DuckDB beside git-flor, in the folder that the user stands in, or at the top of the repository. What came with the repository itself is
 * not run: nobody expects a query to execute code that was cloned.
 * `folders`, where to look, in this order.
 * @throws FlorError DUCKDB_MISSING
 */
export async function findDuckDb(
  cwd: string,
  location: RepositoryLocation,
  folders: readonly string[] = [
    packageRoot(),
    cwd,
    ...(location.topLevel === undefined ? [] : [location.topLevel]),
  ],
): Promise<{ readonly duckdb: DuckDb; readonly bindings: DuckDbBindings }> {
  const failures: string[] = []
  for (const folder of new Set(folders)) {
    const require = createRequire(join(folder, 'package.json'))
    let path: string
    try {
      path = require.resolve(PACKAGE)
    } catch {
      continue
    }
    if (await isTracked(path, location)) {
      failures.push(`${path} belongs to the repository: install ${PACKAGE} yourself`)
      continue
    }
    try {
      return { duckdb: require(path), bindings: createRequire(path)('@duckdb/node-bindings') }
    } catch (error) {
      failures.push(`${path}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
    }
  }
  throw new FlorError(
    failures.length === 0
      ? 'git flor query needs DuckDB, which is not installed'
      : `DuckDB cannot be used: ${failures[0]}`,
    { code: 'DUCKDB_MISSING', data: { folders, failures } },
  )
}

async function isTracked(path: string, location: RepositoryLocation): Promise<boolean> {
  const args = ['--literal-pathspecs', 'ls-files', '--', path]
  const listed = await git(args, { ...inRepository(location), expectExit: [0, 128] })
  return listed.stdout.length > 0
}

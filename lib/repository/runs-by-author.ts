import type { RunEntry } from '../db/run-entry.js'
import { inRepository } from '../git/location.js'
import { git, splitItems } from '../git/process.js'
import { FlorError, isFlorError } from '../model/errors.js'
import { filterInBatches } from './filter-runs.js'
import type { FlorRepository } from './flor-repository.js'

/**
 * The runs whose run commit has an author that matches one of the patterns, as `git log --author` does it: regular expressions over name and address.
 * @throws FlorError USAGE (data: value) for a pattern that git does not understand
 */
export function runsByAuthor(
  repository: FlorRepository,
  patterns: readonly string[],
  runs: AsyncIterable<RunEntry>,
): AsyncGenerator<RunEntry> {
  return filterInBatches(runs, async (batch) => {
    const authors = patterns.map((pattern) => `--author=${pattern}`)
    const args = ['rev-list', '--no-walk=unsorted', '--ignore-missing', ...authors, '--stdin']
    try {
      const { stdout } = await git(args, {
        ...inRepository(repository.location),
        input: batch.map(({ run }) => `${run}\n`).join(''),
      })
      const found = new Set(splitItems(stdout, '\n'))
      return ({ run }) => found.has(run)
    } catch (error) {
      if (!isFlorError(error, 'GIT_FAILED') || error.data.exitCode !== 128) throw error
      const pattern = patterns.join("' or '")
      const message = `option --author needs a regular expression, as git log takes it, not '${pattern}'`
      throw new FlorError(message, { code: 'USAGE', data: { value: pattern, command: 'log' }, cause: error })
    }
  })
}

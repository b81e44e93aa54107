import { nearestNames } from '../../query/suggest.js'
import { RELATIONS } from './relations.js'

/**
 * DuckDB knows nothing of relations that were not loaded, since no statement spoke of them, and suggests tables of its catalogue in their place.
 * Answers the lines behind its message with the nearest relations of ours, where any is near, and without the catalogue.
 */
export function withOwnSuggestion(message: string, details: readonly string[]): readonly string[] {
  const missing = /^Catalog Error: Table with name "?(.+?)"? does not exist!/.exec(message)?.[1]
  if (missing === undefined) return details
  const near = nearestNames(
    missing,
    RELATIONS.map(({ name }) => name),
  )
  if (near.length === 0) return details.filter((line) => !OF_CATALOGUE.test(line))
  const own = `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
  return [own, ...details.filter((line) => !line.startsWith('Did you mean '))]
}

const OF_CATALOGUE = /^Did you mean "(?:pg_|duckdb_|sqlite_|pragma_|information_schema)/

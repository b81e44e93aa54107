import { createRequire } from 'node:module'

/** Why tests that need DuckDB, an optional dependency, are skipped; false where it is installed. */
export const skipWithoutDuckDb = ((): false | string => {
  try {
    createRequire(import.meta.url)('@duckdb/node-api')
    return false
  } catch {
    return '@duckdb/node-api is not installed'
  }
})()

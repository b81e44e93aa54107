import { parseFreshKey, startingWith } from './keys.js'
import type { Database } from './open-level.js'

/** The numbers of the runs whose facts are in no block yet, in their order. */
export async function freshRuns(database: Database): Promise<number[]> {
  const keys = await database.keys(startingWith('u/')).all()
  return keys.map(parseFreshKey)
}

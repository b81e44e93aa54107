import { type Case, findCases, sample } from './cases.js'
import { fetchVersion, readSources } from './corpus.js'
import { packages } from './packages.js'

const perKind = 3
/** At most so many cases of a package with no, one, and two neighbours the same: changed places are preferred. */
const perPackage = [150, 120, 90] as const

/** A small generator with a fixed seed: every run draws the same cases. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** The cases of a package, the same in every run: versions one and two steps apart. Fetches what the cache lacks. */
export function collect(name: string): Case[] {
  const versions = (packages[name] ?? [])
    .flatMap((version) => fetchVersion(name, version) ?? [])
    .map(readSources)
  const random = seeded(name.length * 7919)
  const all = versions.flatMap((newer, i) =>
    [1, 2].flatMap((distance) => {
      const older = versions[i - distance]
      return older ? findCases(name, older, newer, distance, perKind, random) : []
    }),
  )
  return perPackage.flatMap((most, same) => {
    const ofKind = all.filter(({ sameNeighbours }) => sameNeighbours === same)
    return sample(ofKind, most, random)
  })
}

import { type Case, findCases, sample } from './cases.js'
import { fetchVersion, readSources } from './corpus.js'
import { packages, trainingPackages } from './packages.js'
import { seeded } from './seeded.js'

/** How many cases are drawn: from one pair of files, and from a package, with no, one, and two neighbours the same. */
interface Draw {
  readonly perFile: number
  readonly perPackage: readonly [number, number, number]
  readonly seed: number
}

/** Changed places are preferred. */
const measured: Draw = { perFile: 3, perPackage: [150, 120, 90], seed: 7919 }
const taught: Draw = { perFile: 6, perPackage: [400, 300, 150], seed: 104_729 }

/** The cases of a package to measure on, the same in every run. Fetches what the cache lacks. */
export function collect(name: string): Case[] {
  return draw(name, packages[name] ?? [], measured)
}

/** Cases of a package to learn from: more of them, drawn otherwise. */
export function collectForTraining(name: string): Case[] {
  return draw(name, packages[name] ?? trainingPackages[name] ?? [], taught)
}

/** Cases of versions one and two steps apart. */
function draw(name: string, list: readonly string[], { perFile, perPackage, seed }: Draw): Case[] {
  const versions = list.flatMap((version) => fetchVersion(name, version) ?? []).map(readSources)
  const random = seeded(name.length * seed)
  const all = versions.flatMap((newer, i) =>
    [1, 2].flatMap((distance) => {
      const older = versions[i - distance]
      return older ? findCases(name, older, newer, distance, perFile, random) : []
    }),
  )
  return perPackage.flatMap((most, same) => {
    const ofKind = all.filter(({ sameNeighbours }) => sameNeighbours === same)
    return sample(ofKind, most, random)
  })
}

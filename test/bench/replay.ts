// `npm run bench:replay`: what replays cost, each figure beside a baseline of the same run. With a word, only measurements whose name holds it.

import { cpus, loadavg } from 'node:os'
import { benchEstimates } from './replay/estimates.js'
import { benchLevels } from './replay/levels.js'
import { benchOverhead } from './replay/overhead.js'
import { benchSchedules } from './replay/schedules.js'
import { benchVersions } from './replay/versions.js'
import { benchWorkers } from './replay/workers.js'
import { type BenchRow, formatBench } from './table.js'

/** One file each in replay/. */
const MEASUREMENTS: readonly (readonly [name: string, measure: () => BenchRow[] | Promise<BenchRow[]>])[] = [
  ['levels', benchLevels],
  ['overhead', benchOverhead],
  ['versions', benchVersions],
  ['workers', benchWorkers],
  ['schedules', benchSchedules],
  ['estimates', benchEstimates],
]

const [wanted = ''] = process.argv.slice(2)
console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, node ${process.version}`)
const rows: BenchRow[] = []
for (const [name, measure] of MEASUREMENTS) if (name.includes(wanted)) rows.push(...(await measure()))
console.log(
  `load of this machine: ${loadavg()[0]?.toFixed(1)} processes; times mean something where it is near 1\n`,
)
console.log(formatBench(rows))

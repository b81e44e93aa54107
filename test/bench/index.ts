// `npm run bench`: every figure that the project promises, each beside a baseline measured in the same run.

import { execFileSync } from 'node:child_process'
import { cpus, type as osType, release } from 'node:os'
import { benchDemoOverhead } from './demo-overhead.js'
import { benchRecord } from './record.js'
import { benchRepository } from './repository.js'
import { formatBench } from './table.js'

const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim()
console.log(
  `${new Date().toISOString().slice(0, 10)}, node ${process.version}, ${git}, ${osType()} ${release()}`,
)
console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}\n`)
console.log(formatBench([...benchRecord(), ...benchDemoOverhead(), ...(await benchRepository())]))

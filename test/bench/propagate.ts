// Leave-one-statement-out on real histories: docs/propagation.md says what is measured.
// usage: node dist/test/bench/propagate.js [--only <package>] [--seen] [--no-baselines] [--failures <file>]
//        node dist/test/bench/propagate.js --time
import { writeFileSync } from 'node:fs'
import { propagate } from '../../lib/propagate/propagate.js'
import { type Attempt, Baselines } from './propagate/baselines.js'
import { type Case, isSameProgram } from './propagate/cases.js'
import { collect } from './propagate/collect.js'
import { heldOut, packages } from './propagate/packages.js'
import { formatTable, type Measured, type Verdict } from './propagate/table.js'
import { printCold, printTimes } from './propagate/timing.js'

const { argv } = process
const option = (name: string) => (argv.includes(name) ? (argv[argv.indexOf(name) + 1] ?? '') : undefined)
if (argv.includes('--time')) {
  printTimes()
  process.exit()
}
if (argv.includes('--time-cold')) {
  printCold(Number(option('--time-cold')))
  process.exit()
}
const only = option('--only')
const failuresFile = option('--failures')
const withBaselines = !argv.includes('--no-baselines')

function judge(one: Case, attempt: Attempt): Verdict {
  if (attempt === undefined) return 'refused'
  try {
    return isSameProgram(one.older.path, attempt, one.complete) ? 'right' : 'wrong'
  } catch {
    return 'wrong'
  }
}

const baselines = withBaselines ? new Baselines() : undefined
const measured: Measured[] = []
const failures: unknown[] = []
const times: number[] = []
for (const name of Object.keys(packages)) {
  if (only !== undefined && name !== only) continue
  if (argv.includes('--seen') && heldOut.has(name)) continue
  const cases = collect(name)
  process.stderr.write(`${name}: ${cases.length} cases${heldOut.has(name) ? ' (held out)' : ''}\n`)
  for (const one of cases) {
    const { start, end, text } = one
    const started = performance.now()
    const result = propagate(one.newer, [{ start, end, text, line: 0, endLine: 0, logNames: [] }], one.older)
    times.push(performance.now() - started)
    const ours = judge(one, result.status === 'placed' ? result.text : undefined)
    if (ours !== 'right' && failuresFile !== undefined) failures.push({ verdict: ours, ...one, result })
    const verdicts: Record<string, Verdict> = { 'git flor': ours }
    if (baselines) {
      verdicts['diff and patch'] = judge(one, baselines.patch(one))
      verdicts['git merge-file'] = judge(one, baselines.merge(one))
    }
    measured.push({ one, verdicts })
  }
}
baselines?.close()
if (failuresFile !== undefined) writeFileSync(failuresFile, JSON.stringify(failures))

const methods = withBaselines ? ['git flor', 'diff and patch', 'git merge-file'] : ['git flor']
const isHeldOut = ({ one }: Measured) => heldOut.has(one.package)
console.log('right / wrong / refused, in percent\n')
console.log(
  `packages seen\n\n${formatTable(
    measured.filter((row) => !isHeldOut(row)),
    methods,
  )}\n`,
)
console.log(`packages held out\n\n${formatTable(measured.filter(isHeldOut), methods)}\n`)
times.sort((a, b) => a - b)
const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1)
console.log(`time a case: median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, longest ${at(1)} ms`)

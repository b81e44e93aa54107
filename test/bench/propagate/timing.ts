// How long one version takes: `npm run bench:propagate -- --time`.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { compare } from '../../../lib/propagate/compare.js'
import { findStatements } from '../../../lib/propagate/find-statements.js'
import { insertSlice } from '../../../lib/propagate/insert.js'
import { getLanguage } from '../../../lib/propagate/language.js'
import { place } from '../../../lib/propagate/placement.js'
import { propagate } from '../../../lib/propagate/propagate.js'
import type { SourceFile } from '../../../lib/propagate/syntax.js'
import { collectSlice } from '../../../lib/propagate/units.js'
import { median } from '../table.js'
import { hardFiles, type LongFile, realFile } from './long-files.js'

const rounds = 9
const path = 'file.js'
/** `parse` is the old text's; `again` the result's, which is parsed to be verified; `check` is splicing and the rest. */
const stages = ['parse', 'compare', 'place', 'again', 'check'] as const

/** Milliseconds of one version: `cpu` counts all threads, the compiler's and the collector's too. */
interface Taken {
  readonly wall: number
  readonly cpu: number
  readonly outcome: string
}

/** A version that no cache has seen, of the same length but for a comment. */
function freshVersion({ older }: LongFile): SourceFile {
  return { path, text: `${older}// version ${fresh++}\n` }
}
let fresh = 0

function timeOnce(file: LongFile): Taken {
  const newer = { path, text: file.newer }
  const statements = findStatements(newer, { name: 'probe' })
  const older = freshVersion(file)
  const cpu = process.cpuUsage()
  const wall = performance.now()
  const result = propagate(newer, statements, older)
  const took = performance.now() - wall
  const { user, system } = process.cpuUsage(cpu)
  const outcome = result.status === 'declined' ? result.reason : result.status
  return { wall: took, cpu: (user + system) / 1000, outcome }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The stages of one version, apart: milliseconds of processor time, in the order of {@link stages}. */
function timeStages(file: LongFile): number[] {
  const language = getLanguage(path)
  const newer = language.parse({ path, text: file.newer })
  const wanted = newer.statements.filter(({ logNames }) => logNames.includes('probe'))
  const marks = [processorMs()]
  const mark = () => marks.push(processorMs())
  const older = language.parse(freshVersion(file))
  mark()
  const comparison = compare(newer, older, new Set(wanted))
  mark()
  const versions = { newer, older, comparison, apart: new Set(wanted) }
  let text = older.source.text
  try {
    const slice = collectSlice(versions, wanted)
    for (const unit of slice.units) unit.placement = place(versions, unit.statement, slice.brought)
    mark()
    text = insertSlice(versions, slice).text
    mark()
  } catch {
    // Declined: what was not reached took no time.
    while (marks.length < 5) mark()
  }
  const parsing = processorMs()
  language.parse({ path, text })
  const parsed = processorMs() - parsing
  const [parse = 0, compared = 0, placed = 0, inserted = 0] = marks
    .slice(1)
    .map((at, i) => at - (marks[i] ?? 0))
  return [parse, compared, placed, Math.min(inserted, parsed), Math.max(0, inserted - parsed)]
}

const format = (ms: number) => ms.toFixed(ms < 10 ? 1 : 0)

/** The first call of a process, in processes of their own. */
function timeCold(lines: number): Taken[] {
  return Array.from({ length: 3 }, () => {
    const output = execFileSync(
      process.execPath,
      [...process.argv.slice(1, 2), '--time-cold', String(lines)],
      { encoding: 'utf8' },
    )
    return JSON.parse(output) as Taken
  })
}

/** Prints the first call of this process for a real file of `lines` lines, as JSON. */
export function printCold(lines: number): void {
  console.log(JSON.stringify(timeOnce(realFile(lines))))
}

/** Prints the tables: a real file of several lengths, and shapes that invite quadratic work at two lengths each. */
export function printTimes(): void {
  const load = () =>
    loadavg()
      .map((value) => value.toFixed(1))
      .join(', ')
  console.log(`${cpus().length} processors, node ${process.version}; load average before: ${load()}`)
  console.log(
    'milliseconds a version: one log, the newer file parsed before; wall (processor); stages in processor time',
  )
  console.log(
    'all threads count as processor; `scaling` is the time a line, as a multiple of that of the shorter file\n',
  )
  const widths = [26, 6, 13, 8, 8, 13, ...stages.map(() => 7), 9]
  const print = (cells: readonly string[]) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(widths[i] ?? 0))).join(' '))
  for (let i = 0; i < 5; i++) timeOnce(realFile(2000))
  print(['', 'lines', 'warm', 'a line', 'scaling', 'cold', ...stages, 'outcome'])
  let shorter: number | undefined
  const measure = (file: LongFile, cold: readonly Taken[] = []) => {
    const { cells, aLine } = row(file, cold, shorter)
    print(cells)
    shorter = aLine
  }
  for (const lines of [1000, 5000, 10_000, 20_000])
    measure(realFile(lines), lines <= 10_000 ? timeCold(lines) : [])
  for (const [i, small] of hardFiles(2000).entries()) {
    shorter = undefined
    measure(small)
    measure(hardFiles(10_000)[i] as LongFile)
  }
  console.log(`\nload average behind: ${load()}`)
}

function row(
  file: LongFile,
  cold: readonly Taken[],
  shorter: number | undefined,
): { cells: string[]; aLine: number } {
  const first = timeOnce(file)
  const count = first.wall > 5000 ? 1 : first.wall > 1500 ? 3 : rounds
  const warm = count === 1 ? [first] : Array.from({ length: count }, () => timeOnce(file))
  const apart = Array.from({ length: count }, () => timeStages(file))
  const both = (all: readonly Taken[]) =>
    all.length === 0
      ? ''
      : `${format(median(all.map(({ wall }) => wall)))} (${format(median(all.map(({ cpu }) => cpu)))})`
  const aLine = median(warm.map(({ cpu }) => cpu)) / file.lines
  const cells = [
    file.name,
    String(file.lines),
    both(warm),
    `${(1000 * aLine).toFixed(0)} µs`,
    shorter === undefined ? '' : (aLine / shorter).toFixed(2),
    both(cold),
    ...stages.map((_stage, i) => format(median(apart.map((one) => one[i] ?? 0)))),
    first.outcome,
  ]
  return { cells, aLine }
}

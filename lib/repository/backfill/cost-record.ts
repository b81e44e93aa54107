import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ReplayLevel, RunEnd, RunHeader } from '../../model/run.js'
import { defaultCosts, type ReplayCosts } from '../../replay/costs.js'
import type { FlorRepository } from '../flor-repository.js'
import { contention, type TimedReplay } from './contention.js'

/**
 * What one replay took, beside what its run's recorded durations led to expect. The newest {@link KEPT} are kept in
 * `<git common dir>/flor/replay-costs.json`, of this machine alone: `{version: 1, replays: [...]}`, oldest first.
 */
export interface ReplayTiming extends TimedReplay {
  /** What the worker spent besides the process. */
  readonly aroundMs: number
  /** Reading, comparing and storing. */
  readonly collectMs: number
}

const KEPT = 200
/** So many of the newest that fit best are asked. */
const ASKED = 12

/** What is asked of a run to estimate its replays. */
export interface ReplayedRun {
  readonly header: Pick<RunHeader, 'script' | 'host'>
  readonly end: Pick<RunEnd, 'durationMs' | 'cpuMs'>
}

/** Processors that its process kept busy on the average; undefined where that was not recorded. */
export function busyOf({ end }: ReplayedRun): number | undefined {
  return end.cpuMs === undefined || end.durationMs <= 0 ? undefined : end.cpuMs / end.durationMs
}

/** What replays of this machine cost, by those that were done before. */
export class CostRecord {
  private constructor(private readonly timings: readonly ReplayTiming[]) {}

  /** Without a readable record nothing is known; that is no error. */
  static async read(repository: FlorRepository): Promise<CostRecord> {
    return new CostRecord(await readTimings(repository))
  }

  /**
   * Costs for a replay of a run. Like is asked first: recorded on the same host, by the same script, at the same level, with as many workers; where
   * there is none of it, the last condition goes first, and what was done with other numbers of workers is taken for what it would have been with
   * this one. Of other hosts nothing is known.
   */
  costsFor(run: ReplayedRun, workers: number, level?: ReplayLevel): ReplayCosts {
    const { header } = run
    const factor = this.#contention(workers, busyOf(run))
    const isSame: readonly ((it: ReplayTiming) => boolean)[] = [
      (it) => it.host === header.host,
      (it) => it.script === header.script,
      (it) => it.level === level,
      (it) => it.workers === workers,
    ]
    for (let asked = isSame.length; asked > 0; asked--) {
      const like = this.timings.filter((it) => isSame.slice(0, asked).every((fits) => fits(it))).slice(-ASKED)
      if (like.length === 0) continue
      const aloneMs = like.reduce(
        (total, it) => total + it.processMs / this.#contention(it.workers, it.busy),
        0,
      )
      const scale =
        aloneMs /
        Math.max(
          1,
          like.reduce((total, it) => total + it.expectedMs, 0),
        )
      return this.#costs(scale * factor, workers)
    }
    return this.#costs(factor, workers)
  }

  readonly #contentions = new Map<string, number>()

  /** Asked for each run at several levels, and for the same replays again and again. */
  #contention(workers: number, busy: number | undefined): number {
    const key = `${workers} ${busy}`
    const known = this.#contentions.get(key) ?? contention(this.timings, workers, busy)
    this.#contentions.set(key, known)
    return known
  }

  #costs(scale: number, workers: number): ReplayCosts {
    // Several workers that begin at once wait for one another, for the repository's locks among others.
    const alike = this.timings.filter((it) => it.workers === workers)
    const recent = (alike.length === 0 ? this.timings : alike).slice(-2 * ASKED)
    return {
      ...defaultCosts,
      scale: Math.min(50, Math.max(0.02, scale)),
      aroundMs: median(recent.map((it) => it.aroundMs)) ?? defaultCosts.aroundMs,
      collectMs: median(recent.map((it) => it.collectMs)) ?? defaultCosts.collectMs,
    }
  }
}

/** Keeps what replays took. Of several commands at once the last one wins, which loses nothing that matters. */
export async function keepTimings(repository: FlorRepository, added: readonly ReplayTiming[]): Promise<void> {
  if (added.length === 0) return
  const path = pathOf(repository)
  const replays = [...(await readTimings(repository)), ...added].slice(-KEPT)
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(temporary, JSON.stringify({ version: 1, replays }))
    await rename(temporary, path)
  } catch {
    // Estimates stay as they are: no reason for a backfill to fail.
  }
}

async function readTimings(repository: FlorRepository): Promise<ReplayTiming[]> {
  try {
    const document = JSON.parse(await readFile(pathOf(repository), 'utf8')) as {
      version: number
      replays: unknown[]
    }
    return document.version === 1 ? document.replays.filter(isTiming) : []
  } catch {
    return []
  }
}

function isTiming(value: unknown): value is ReplayTiming {
  const it = value as Partial<ReplayTiming> | null
  const times = [it?.expectedMs, it?.processMs, it?.aroundMs, it?.collectMs, it?.workers]
  return [...times, it?.busy ?? 1].every(
    (ms) => typeof ms === 'number' && ms >= 0 && ms < Number.POSITIVE_INFINITY,
  )
}

function pathOf(repository: FlorRepository): string {
  return join(repository.florDir, 'replay-costs.json')
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

import type { Context } from '../../model/context.js'
import { contextKey } from '../../model/context.js'
import { simulate } from '../../replay/scheduler.js'
import type { StartedTask, TaskReport } from '../../repository/backfill/backfill-plan.js'
import { progressBar } from '../progress.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatDuration } from '../render/time.js'
import { padEnd, truncate } from '../render/width.js'

/** More workers than that are summed up: what does not fit on a screen cannot be redrawn. */
const MOST_LINES = 16
const BAR_CELLS = 10

interface Running {
  readonly task: StartedTask
  readonly startedMs: number
  place: Context
}

/** How a backfill is getting on, as lines that are redrawn: one a worker, and one for the whole. Times are given by the caller. */
export class BackfillProgress {
  readonly #running = new Map<number, Running>()
  /** Estimates of tasks that were not begun. */
  readonly #waiting: number[]
  #done = 0
  #failed = 0
  #values = 0

  constructor(
    readonly workers: number,
    estimatesMs: readonly number[],
  ) {
    this.#waiting = [...estimatesMs].sort((a, b) => b - a)
  }

  start(task: StartedTask, nowMs: number): void {
    const at = this.#waiting.indexOf(task.estimateMs)
    // Tasks that the plan did not know of, as after a trial, stand in for the next one that it did.
    if (task.aim === 'values') this.#waiting.splice(Math.max(0, at), 1)
    this.#running.set(task.worker, { task, startedMs: nowMs, place: [] })
  }

  place(worker: number, place: Context): void {
    const running = this.#running.get(worker)
    if (running !== undefined) running.place = place
  }

  end(worker: number): void {
    this.#running.delete(worker)
  }

  report(report: TaskReport): void {
    if (report.status === 'failed') this.#failed++
    else [this.#done, this.#values] = [this.#done + 1, this.#values + report.values]
  }

  lines(nowMs: number, columns: number): string[] {
    const running = [...this.#running].sort(([a], [b]) => a - b).map(([, it]) => it)
    const shown = running.slice(0, MOST_LINES)
    const places = shown.map((it) => placeOf(it))
    const width = Math.max(0, ...places.map((text) => text.length))
    const lines = shown.map((it, i) => {
      const room = columns - 7 - 2 - width - 2
      return workerLine(it, padEnd(places[i] as string, width), nowMs, room)
    })
    const more = running.length - shown.length
    return [
      ...lines,
      ...(more > 0 ? [`… and ${counted(more, 'worker')} more`] : []),
      this.#total(running, nowMs),
    ].map((line) => truncate(line, columns))
  }

  /** `3 of 8 done, 1 failed, 960 values, about 12s left` */
  #total(running: readonly Running[], nowMs: number): string {
    const all = this.#done + this.#failed + this.#waiting.length + running.length
    const ahead = [...running.map((it) => Math.max(0, leftMs(it, nowMs))), ...this.#waiting]
    const left = simulate(
      ahead.map((estimateMs) => ({ estimateMs })),
      { workers: this.workers },
    )
    const parts = [
      `${this.#done} of ${all} done`,
      ...(this.#failed === 0 ? [] : [`${this.#failed} failed`]),
      counted(this.#values, 'value'),
      ...(ahead.length === 0 ? [] : [`about ${formatDuration(left)} left`]),
    ]
    return parts.join(', ')
  }
}

/** `3f2a9c1  epoch 6  ██████▌    6s left` */
function workerLine(running: Running, place: string, nowMs: number, room: number): string {
  const left = leftMs(running, nowMs)
  const time =
    left > 0 ? `${formatDuration(left)} left` : `${formatDuration(Math.max(0, -left))} over the estimate`
  const elapsed = nowMs - running.startedMs
  const bar =
    room < BAR_CELLS + 2 + 10
      ? ''
      : `${progressBar(elapsed / Math.max(1, elapsed + Math.max(0, left)), BAR_CELLS)}  `
  return `${running.task.entry.run.slice(0, 7)}  ${place}  ${bar}${time}`
}

function placeOf({ task, place }: Running): string {
  const what = task.aim === 'values' ? task.level : `${task.aim} of ${task.level}`
  const text = place.map((it) => `${it.loop} ${it.label ?? it.index}`).join(' ')
  if (task.aim === 'check' && text !== '') return sanitizeLine(`check: ${text}`).slice(0, 24)
  return sanitizeLine(text === '' ? what : text).slice(0, 24)
}

/** By the pace so far once two iterations are over, else by the estimate. Negative: longer than estimated. */
function leftMs({ task, startedMs, place }: Running, nowMs: number): number {
  const elapsed = nowMs - startedMs
  const over = task.iterations.indexOf(contextKey(place))
  if (over < 2) return task.estimateMs - elapsed
  // In the middle of the one that is being executed.
  return (elapsed * (task.iterations.length - over - 0.5)) / (over + 0.5)
}

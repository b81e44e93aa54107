import { log } from '../log.js'
import type { Logs } from './logs.js'

/** Logs what a batch gave: `batch_loss`, `batch_acc`, …, apart from the epoch's means of the same names. */
export function recordBatch(labels: readonly string[], values: readonly number[]): void {
  labels.forEach((label, i) => {
    log(`batch_${label}`, values[i] as number)
  })
}

/** Logs what `onEpochEnd` was told, under the names that it has there: `loss`, `acc`, `val_loss`, … */
export function recordEpoch(logs: Logs): void {
  for (const [name, value] of Object.entries(logs)) if (typeof value === 'number') log(name, value)
}

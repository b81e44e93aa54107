import type { TfTensor } from '../state/tfjs.js'

/** What callbacks are given, and may add to: numbers, or scalars that have not been read. */
export type Logs = Record<string, number | TfTensor>

/** Turns the scalars of `logs` into numbers, in place, and disposes of them. */
export async function resolveLogs(logs: Logs): Promise<void> {
  for (const [key, value] of Object.entries(logs)) {
    if (typeof value !== 'object' || value === null || typeof value.dataSync !== 'function') continue
    const [number] = await readScalars([value])
    logs[key] = number as number
    value.dispose()
  }
}

export function readScalars(scalars: readonly TfTensor[]): Promise<number[]> {
  return Promise.all(scalars.map(async (it) => Number((await it.data())[0])))
}

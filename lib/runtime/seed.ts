import { encodeValue } from '../segment/value-codec.js'
import { environment } from './environment.js'
import { installGenerator, isGeneratorInstalled, seedGenerator } from './generator.js'
import { session } from './session.js'

/**
 * Fixes the generator behind `Math.random`, so that the run repeats itself, and records the seed. Without
 * it the generator starts from entropy; its state is recorded either way, and replays do not depend on a
 * seed. Returns `value`. With `FLOR_RANDOM=native` the seed is recorded, and changes nothing.
 * @throws TypeError when `value` is neither a number, a big integer, nor a text
 */
export function seed<T extends number | bigint | string>(value: T): T {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') {
    throw new TypeError(`flor.seed: not a seed: ${String(value)}`)
  }
  const current = session()
  if (!environment.hasNativeRandom) {
    if (!isGeneratorInstalled()) installGenerator()
    seedGenerator(value)
  }
  current.spool?.document(10, encodeValue(value))
  return value
}

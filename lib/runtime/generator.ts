/**
 * The seeded generator that stands in for `Math.random` while a run is recorded or replayed.
 *
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021):
 * period 2^128 - 1, passes BigCrush, and lives in four 32-bit integers, which V8 keeps in registers; V8's
 * own xorshift128+ fails some of those tests. A double takes two draws: 27 bits of the first above 26 bits
 * of the second, so all 53 bits are random.
 *
 * A state is 16 bytes: the four words, little-endian. Whoever has it can go on exactly where it was taken.
 */
export const GENERATOR_STATE_BYTES = 16

let [a, b, c, d] = [1, 2, 3, 4]

const native = Math.random

/** The next double in [0, 1): what `Math.random` is while the generator is installed. */
export function random(): number {
  let t = b << 9
  let r = Math.imul(b, 5)
  r = Math.imul((r << 7) | (r >>> 25), 9)
  let s2 = c ^ a
  let s3 = d ^ b
  let s1 = b ^ s2
  let s0 = a ^ s3
  s2 ^= t
  s3 = (s3 << 11) | (s3 >>> 21)
  const high = r >>> 5
  t = s1 << 9
  r = Math.imul(s1, 5)
  r = Math.imul((r << 7) | (r >>> 25), 9)
  s2 ^= s0
  s3 ^= s1
  s1 ^= s2
  s0 ^= s3
  a = s0
  b = s1
  c = s2 ^ t
  d = (s3 << 11) | (s3 >>> 21)
  return (high * 0x4000000 + (r >>> 6)) / 0x20000000000000
}

let atImport: Uint8Array | undefined

/** The state that {@link installGenerator} found; undefined while `Math.random` is the native one. */
export function generatorAtImport(): Uint8Array | undefined {
  return isGeneratorInstalled() ? atImport : undefined
}

/** Puts the generator in `Math.random`'s place; from `state`, or from entropy. */
export function installGenerator(state?: Uint8Array): void {
  if (state === undefined) seedFromEntropy()
  else setGeneratorState(state)
  atImport = generatorState()
  Math.random = random
}

export function isGeneratorInstalled(): boolean {
  return Math.random === random
}

/** Starts from 128 bits of V8's own generator, which the system's entropy seeded. */
function seedFromEntropy(): void {
  const word = () => (native() * 0x100000000) | 0
  setWords(word(), word(), word(), word())
}

/**
 * Starts the generator from a number or a text. The same seed gives the same sequence in every process and
 * version: its text, as UTF-16 code units, is hashed by four rounds of murmur3's mixing into the four
 * words.
 */
export function seedGenerator(seed: number | bigint | string): void {
  const text = `${typeof seed === 'string' ? '"' : ''}${seed}`
  const words: number[] = []
  let hash = 0x9e3779b9
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < text.length; i++) hash = mix(hash ^ text.charCodeAt(i))
    hash = mix(hash ^ (text.length + round))
    words.push(hash)
  }
  setWords(...(words as [number, number, number, number]))
}

/** The state right now; a fresh array. */
export function generatorState(): Uint8Array {
  const state = new Uint8Array(GENERATOR_STATE_BYTES)
  const view = new DataView(state.buffer)
  view.setInt32(0, a, true)
  view.setInt32(4, b, true)
  view.setInt32(8, c, true)
  view.setInt32(12, d, true)
  return state
}

/** The state for the record; undefined while `Math.random` is the native one, whose state nobody can read. */
export function recordedGeneratorState(): Uint8Array | undefined {
  return Math.random === random ? generatorState() : undefined
}

/** Goes on from `state`. @throws RangeError if it is not what {@link generatorState} returned */
export function setGeneratorState(state: Uint8Array): void {
  if (state.length !== GENERATOR_STATE_BYTES)
    throw new RangeError(`a generator state of ${state.length} bytes`)
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength)
  setWords(view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true))
}

function setWords(s0: number, s1: number, s2: number, s3: number): void {
  // The state of all zeros is the one that never leaves itself.
  ;[a, b, c, d] = (s0 | s1 | s2 | s3) === 0 ? [1, 2, 3, 4] : [s0 | 0, s1 | 0, s2 | 0, s3 | 0]
}

function mix(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) + 0x6d2b79f5
}

import { test } from 'tap'
import {
  GENERATOR_STATE_BYTES,
  generatorState,
  installGenerator,
  isGeneratorInstalled,
  random,
  recordedGeneratorState,
  seedGenerator,
  setGeneratorState,
} from '../../../lib/runtime/generator.js'

/** xoshiro128** 1.1 as its authors publish it, on four unsigned words. */
function* reference(state: Uint8Array): Generator<number> {
  const s = new Uint32Array(state.slice().buffer)
  const rotl = (x: number, k: number) => ((x << k) | (x >>> (32 - k))) >>> 0
  const at = (i: number) => s[i] as number
  for (;;) {
    yield Math.imul(rotl(Math.imul(at(1), 5) >>> 0, 7), 9) >>> 0
    const t = at(1) << 9
    s[2] = at(2) ^ at(0)
    s[3] = at(3) ^ at(1)
    s[1] = at(1) ^ at(2)
    s[0] = at(0) ^ at(3)
    s[2] = at(2) ^ t
    s[3] = rotl(at(3), 11)
  }
}

test('doubles are made of two draws of xoshiro128**', async (t) => {
  seedGenerator(42)
  const words = reference(generatorState())
  const drawn = Array.from({ length: 1000 }, random)
  const expected = drawn.map(() => {
    const high = (words.next().value as number) >>> 5
    const low = (words.next().value as number) >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  })
  t.strictSame(drawn, expected)
})

test('a state goes on where it was taken', async (t) => {
  seedGenerator('a text')
  random()
  const state = generatorState()
  const drawn = [random(), random(), random()]
  setGeneratorState(state)
  t.strictSame([random(), random(), random()], drawn)
  t.equal(state.length, GENERATOR_STATE_BYTES)
  t.throws(() => setGeneratorState(new Uint8Array(3)), RangeError)
})

test('seeds tell sequences apart, and always give the same one', async (t) => {
  const first = (seed: number | bigint | string) => {
    seedGenerator(seed)
    return random()
  }
  const seeds = [0, 1, 2, -1, 0.5, Number.NaN, 2 ** 53, 10n ** 30n, '', '1', 'x', 'xx']
  t.equal(new Set(seeds.map(first)).size, seeds.length)
  t.equal(first(7), 0.19049880897042948, 'recorded runs depend on it')
})

test('numbers are spread as they should be', async (t) => {
  seedGenerator(1)
  const counts = new Array<number>(100).fill(0)
  const lowBits = [0, 0]
  for (let i = 0; i < 100_000; i++) {
    const x = random()
    counts[Math.floor(x * 100)] = (counts[Math.floor(x * 100)] ?? 0) + 1
    const bit = (x * 2 ** 53) % 2
    lowBits[bit] = (lowBits[bit] ?? 0) + 1
  }
  const chi2 = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
  t.ok(chi2 > 50 && chi2 < 160, `chi-squared ${chi2} of 99 degrees of freedom`)
  t.ok(Math.abs((lowBits[0] ?? 0) - 50_000) < 1000, 'the last bit is random, too')
})

test('it takes the place of Math.random, and is recorded only then', async (t) => {
  const native = Math.random
  t.teardown(() => {
    Math.random = native
  })
  t.equal(recordedGeneratorState(), undefined)
  installGenerator()
  t.ok(isGeneratorInstalled())
  const [a, b] = [Math.random(), Math.random()]
  t.not(a, b)
  const state = recordedGeneratorState() as Uint8Array
  installGenerator()
  t.notSame(recordedGeneratorState(), state, 'from entropy each time')
  installGenerator(state)
  t.strictSame(recordedGeneratorState(), state)
})

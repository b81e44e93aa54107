/** Loaded before a property test: what it draws is decided by `FLOR_SEED`, a number, or 1; `random` leaves it to chance. */
import fc from 'fast-check'

const seed = process.env.FLOR_SEED ?? '1'
if (seed !== 'random') {
  if (!/^\d{1,9}$/.test(seed)) throw new Error(`FLOR_SEED is a number or \`random\`, not ${seed}`)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
}

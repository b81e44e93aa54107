import { loopScript, type TrainingKind } from './training-kind.js'

/** Stochastic gradient descent by hand, with momentum, on typed arrays, over data that is shuffled for each step. */
const setup = `
const data = Array.from({ length: 24 }, () => {
  const x = [Math.random(), Math.random(), 1]
  return { x, y: 2 * x[0] - x[1] + 0.1 * Math.random() }
})
const weights = new Float64Array(3)
const velocity = new Float32Array(3)
const norm = () => Math.hypot(...weights) + velocity[0]
function shuffled(list) {
  const order = list.slice()
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor((k + 1) * Math.random())
    const item = order[k]
    order[k] = order[other]
    order[other] = item
  }
  return order
}
function step(rate) {
  // Long enough that leaving it out is worth a restore.
  for (const end = performance.now() + 3; performance.now() < end; );
  let loss = 0
  for (const { x, y } of shuffled(data).slice(0, 8)) {
    const error = x.reduce((sum, value, k) => sum + value * weights[k], 0) - y
    for (let k = 0; k < 3; k++) {
      velocity[k] = 0.9 * velocity[k] - rate * error * x[k]
      weights[k] += velocity[k]
    }
    loss += error * error
  }
  return loss / 8
}
`

export const sgd: TrainingKind = {
  title: 'momentum by hand on typed arrays',
  sources: ['array', 'generator', 'asynchronous'],
  recorded: ['loss', 'probe', 'norm', 'final'],
  script: (source, isWanted) =>
    loopScript({ setup, checkpointed: 'weights, velocity', step: 'step(rate)' }, source, isWanted),
}

/**
 * A script that keeps state where checkpoints do not reach, or where leaving out nested loops loses it. Whatever a backfill answers must be the truth of
 * an execution from the start, be marked as diverged, or be no answer at all.
 */
export interface Trap {
  /** Before everything else but the runtime's import. */
  readonly imports?: string
  /** Before checkpointing(). */
  readonly setup?: string
  /** Given to checkpointing() besides the weights and their velocity. */
  readonly checkpointed?: string
  /** In the main loop: at its start, in its nested loop, behind that. */
  readonly first?: string
  readonly inside?: string
  readonly after?: string
  /** Behind the main loop. */
  readonly end?: string
  /** Added before checkpointing() together with the statement. */
  readonly added?: string
  /** The value that is wanted, and where: behind the nested loop unless said otherwise. */
  readonly wanted: string
  readonly at?: 'first' | 'inside' | 'after' | 'end'
  /** Other files of the project. */
  readonly files?: Readonly<Record<string, string>>
  /** Which checkpoints are there: all of them, or those of every third epoch. */
  readonly kept?: 'third'
  /** What a backfill must do with it; `full` and `run` are levels. */
  readonly expect: Expectation
  /** What the reason of the level names. */
  readonly names?: string
}

/** `diverged`: executed from the start and marked; `refused`: not executed at all. */
export type Expectation = 'skip' | 'run' | 'suffix' | 'full' | 'diverged' | 'refused'

export type Traps = Readonly<Record<string, Trap>>

/** Gradient descent with momentum, of six epochs of three slow steps each; `isWanted` adds the statement that nobody thought of at the time. */
export function trapScript(trap: Trap, isWanted: boolean): string {
  const { imports = '', setup = '', checkpointed = '', added = '', at = 'after' } = trap
  const { first = '', inside = '', after = '', end = '' } = trap
  const want = (place: Trap['at']): string =>
    isWanted && at === place ? `flor.log('wanted', ${trap.wanted})` : ''
  const lines = `import * as flor from 'git-flor'
${imports}
flor.seed(flor.arg('seed', 3))
const data = Array.from({ length: 16 }, () => [Math.random(), Math.random()])
const weights = new Float64Array(2)
const velocity = new Float64Array(2)
function step(rate) {
  // Long enough that leaving it out is worth a restore.
  for (const end = performance.now() + 2.5; performance.now() < end; );
  const row = data[Math.floor(Math.random() * data.length)]
  const error = row[0] * weights[0] + weights[1] - row[1]
  for (let k = 0; k < 2; k++) {
    velocity[k] = 0.8 * velocity[k] - rate * error * (k === 0 ? row[0] : 1)
    weights[k] += velocity[k]
  }
  return error * error
}
${setup}
${isWanted ? added : ''}
flor.checkpointing({ weights, velocity${checkpointed === '' ? '' : `, ${checkpointed}`} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4, 5])) {
  let loss = 0
  ${first}
  ${want('first')}
  for (const i of flor.loop('step', [0, 1, 2])) {
    loss = step(0.1)
    ${inside}
    ${want('inside')}
    flor.log('loss', loss)
  }
  ${after}
  ${want('after')}
  flor.log('norm', Math.hypot(...weights))
}
${end}
${want('end')}
flor.log('final', weights)
`
  return lines.replace(/^\s*\n/gm, '')
}

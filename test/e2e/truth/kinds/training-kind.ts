import { type Place, places } from '../places.js'

/** How the main loop gets its items: a plain array, a generator that draws random numbers, and one that waits, too. */
const loops = {
  array: 'for (const item of flor.loop("epoch", schedule.slice(0, epochs)))',
  generator: 'for (const item of flor.loop("epoch", drawn()))',
  asynchronous: 'for await (const item of flor.loop("epoch", later()))',
} as const
export type Source = keyof typeof loops

/**
 * One way to train. The matrix takes any: a kind that does not write its loops itself (an integration of a framework's own training loop) gives its whole
 * script, with a statement at each place that it has.
 */
export interface TrainingKind {
  readonly title: string
  readonly sources: readonly Source[]
  /** The script; `isWanted` adds the statements `flor.log(<name>, …)` of places.ts. */
  script(source: Source, isWanted: boolean): string
  /** Names that the script logs in both versions: they must come out as they were. */
  readonly recorded: readonly string[]
}

/** What a kind with loops of its own brings to {@link loopScript}. */
export interface LoopParts {
  readonly imports?: string
  /**
   * Declares what is checkpointed, `norm()`, which gives a number that shows the state, and `step(rate)`, a slow training step that draws random numbers
   * and gives its loss.
   */
  readonly setup: string
  readonly checkpointed: string
  /** `step(rate)`, awaited where it must be. */
  readonly step: string
}

/** A call of the function that looks from `place`, and, where it is wanted, a statement there that logs `value`. `by` is a number that the place has. */
export function statementsAt(
  place: Place,
  { by, value, isWanted }: { readonly by: string; readonly value: string; readonly isWanted: boolean },
  indent = '',
): string {
  return [
    `${indent}look_${place}(${by})`,
    ...(isWanted ? [`${indent}flor.log('${place}', ${value})`] : []),
  ].join('\n')
}

/** The functions that {@link statementsAt} calls, one for each place; they call `norm()`, a number that shows the state. */
export function lookingFunctions(isWanted: boolean): string {
  return (Object.keys(places) as Place[])
    .map((place) =>
      [
        `function look_${place}(by) {`,
        '  const value = norm() + by',
        ...(isWanted ? [`  flor.log('in_${place}', value)`] : []),
        '  return value',
        '}',
      ].join('\n'),
    )
    .join('\n')
}

/** A script whose every place has a statement and a call of a function that has one. */
export function loopScript(parts: LoopParts, source: Source, isWanted: boolean): string {
  const at = (place: Place, indent: string): string => {
    const by = place === 'before' || place === 'end' ? '0' : 'item.slowness'
    return statementsAt(place, { by, value: values[place], isWanted }, indent)
  }
  return `${parts.imports ?? ''}import * as flor from 'git-flor'

const epochs = flor.arg('epochs', 6)
flor.seed(flor.arg('seed', 7))
${parts.setup}
const schedule = [1, 2, 3, 4, 5, 6].map((slowness) => ({ slowness }))
function* drawn() {
  for (let i = 0; i < epochs; i++) yield { slowness: 1 + Math.random() }
}
async function* later() {
  for (const item of drawn()) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield item
  }
}
${lookingFunctions(isWanted)}

${at('before', '')}
flor.checkpointing({ ${parts.checkpointed} })
${loops[source]} {
${at('first', '  ')}
  const rate = flor.arg('lr', 0.05) / item.slowness
${at('ahead', '  ')}
  for (const i of flor.loop('step', [0, 1, 2])) {
    const loss = ${parts.step}
${at('inside', '    ')}
    flor.log('loss', loss)
  }
${at('behind', '  ')}
  for (const k of flor.loop('eval', [0, 1])) flor.log('probe', norm() * Math.random() + k)
${at('behind_two', '  ')}
  flor.log('norm', norm())
}
${at('end', '')}
flor.log('final', norm())
`
}

const values: Readonly<Record<Place, string>> = {
  before: 'norm()',
  first: '[norm(), item]',
  ahead: 'norm() * rate',
  inside: '[norm(), loss, i]',
  behind: 'norm() - rate',
  behind_two: 'norm()',
  end: 'norm()',
}

import type { Teardown } from './environment.js'
import type { TestRepository } from './repository.js'
import { project, train } from './training.js'

/** A training; what is logged of its weights is asked for later. */
export const script = (
  body: { readonly weights?: string; readonly helper?: string; readonly isOld?: boolean } = {},
): string => {
  const { weights = 'weights', helper = '', isOld = false } = body
  return `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 3))
${helper}const ${weights} = new Float64Array(4)
flor.checkpointing({ ${weights} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const step of flor.loop('step', [0, 1, 2])) {
    ${weights}[step] += Math.random() - 0.25
${isOld ? '' : '    // a step is done\n'}  }
  flor.log('loss', ${weights}[0] * ${weights}[1])
}
flor.log('final', ${weights}[2])
`
}

/** An old version with other names, and today's: both were trained. */
export function story(t: Teardown, today = script()): TestRepository {
  const repo = project(t, { 'train.js': script({ weights: 'w', isOld: true }) })
  train(repo)
  repo.write('train.js', today).commit('longer names')
  train(repo, { args: ['--flor', 'seed=4'] })
  return repo
}

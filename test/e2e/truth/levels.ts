import type { Source } from './kinds/training-kind.js'
import type { Checkpoints, Levels } from './matrix.js'

/** The levels of a script whose state is all checkpointed, by the checkpoints that there are. */
const usual: Readonly<Record<Checkpoints, Levels>> = {
  all: {
    before: 'prefix',
    first: 'skip',
    ahead: 'skip',
    inside: 'run',
    behind: 'skip',
    behind_two: 'skip',
    end: 'suffix',
  },
  third: {
    before: 'prefix',
    first: 'skip',
    ahead: 'skip',
    inside: 'run',
    behind: 'skip',
    behind_two: 'skip',
    end: 'suffix',
  },
  none: {
    before: 'prefix',
    first: 'run',
    ahead: 'run',
    inside: 'run',
    behind: 'run',
    behind_two: 'run',
    end: 'suffix',
  },
}

/** What a generator does behind its last item is not executed at `suffix`. */
const generated: typeof usual = {
  all: { ...usual.all, end: 'full' },
  third: { ...usual.third, end: 'full' },
  none: { ...usual.none, end: 'full' },
}

/** The level at which each place's values must be had, by where the main loop's items come from. */
export const loopLevels: Readonly<Record<Source, typeof usual>> = {
  array: usual,
  generator: generated,
  asynchronous: generated,
}

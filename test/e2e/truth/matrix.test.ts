import { test } from 'tap'
import { sgd } from './kinds/sgd.js'
import { tensorflow } from './kinds/tensorflow.js'
import type { Source, TrainingKind } from './kinds/training-kind.js'
import { type Checkpoints, checkKind, type Levels } from './matrix.js'

/** Kinds of training; one more is a file beside these, and an entry here. */
const kinds: readonly TrainingKind[] = [sgd, tensorflow]

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
    end: 'full',
  },
}

/** What a generator does behind its last item is not executed at `suffix`. */
const generated: typeof usual = {
  all: { ...usual.all, end: 'full' },
  third: { ...usual.third, end: 'full' },
  none: usual.none,
}

const levels: Readonly<Record<Source, typeof usual>> = {
  array: usual,
  generator: generated,
  asynchronous: generated,
}

for (const kind of kinds) {
  for (const source of kind.sources) {
    test(`values at every place are those of a run from scratch: ${kind.title}, items from: ${source}`, (t) =>
      checkKind(t, kind, source, levels[source]))
  }
}

import { test } from 'tap'
import { tensorflow } from './kinds/tensorflow.js'
import { loopLevels } from './levels.js'
import { checkKind } from './matrix.js'

for (const source of tensorflow.sources) {
  test(`values at every place are those of a run from scratch: ${tensorflow.title}, items from: ${source}`, (t) =>
    checkKind(t, tensorflow, source, loopLevels[source]))
}

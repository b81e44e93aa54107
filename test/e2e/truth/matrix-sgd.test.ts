import { test } from 'tap'
import { sgd } from './kinds/sgd.js'
import { loopLevels } from './levels.js'
import { checkKind } from './matrix.js'

for (const source of sgd.sources) {
  test(`values at every place are those of a run from scratch: ${sgd.title}, items from: ${source}`, (t) =>
    checkKind(t, sgd, source, loopLevels[source]))
}

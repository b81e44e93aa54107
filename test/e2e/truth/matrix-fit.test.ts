import { test } from 'tap'
import { fit } from './kinds/fit.js'
import { loopLevels } from './levels.js'
import { checkKind } from './matrix.js'
import { isThorough } from './thorough.js'

for (const source of isThorough ? fit.sources : fit.sources.slice(0, 1)) {
  test(`values at every place are those of a run from scratch: ${fit.title}, data from: ${source}`, (t) =>
    checkKind(t, fit, source, loopLevels[source]))
}

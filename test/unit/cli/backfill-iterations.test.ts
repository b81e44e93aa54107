import { test } from 'tap'
import { formatIterations } from '../../../lib/cli/views/backfill-plan.js'
import { labelOf } from '../../../lib/model/context.js'

/** Iterations of one loop as its items make them. */
const ofItems = (...items: unknown[]): string =>
  formatIterations(
    items.map((item, index) => {
      const label = labelOf(item, index)
      return [{ loop: 'x', pass: 0, index, ...(label === undefined ? {} : { label }) }]
    }),
  )

test('whole iterations that follow each other are a range, and no others are', async (t) => {
  t.equal(ofItems(5, 6, 7), '5–7')
  t.equal(ofItems(0, 3, 4), '0, 3–4')
  t.equal(ofItems(0.5, 1.5, 2.5), '0.5, 1.5, 2.5', 'there may be others between them')
  t.equal(ofItems(Number.NaN, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY), 'NaN, Infinity, Infinity')
  t.equal(ofItems(true, false), 'true, false')
})

import { test } from 'tap'
import type { ArgValue } from '../../../lib/runtime/arg.js'
import type { Loop, loop } from '../../../lib/runtime/loop.js'

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const holds = <T extends true>(value: T): T => value

test('an argument has the type that its default stands for', async (t) => {
  t.ok(holds<Same<ArgValue<0.1>, number>>(true))
  t.ok(holds<Same<ArgValue<'adam'>, string>>(true))
  t.ok(holds<Same<ArgValue<true>, boolean>>(true))
  t.ok(holds<Same<ArgValue<number[]>, number[]>>(true))
  t.ok(holds<Same<ArgValue<null>, null>>(true))
})

test('a loop yields what its source yields, and synchronous sources serve both kinds of loops', async (t) => {
  const over = ((_: string, source: unknown) => source) as typeof loop
  const sync = over('epoch', [1, 2])
  t.ok(holds<Same<typeof sync, Loop<number>>>(true))
  const async = over(
    'epoch',
    (async function* () {
      yield 'a'
    })(),
  )
  t.ok(holds<Same<typeof async, AsyncIterable<string>>>(true))
})

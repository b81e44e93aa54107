import { test } from 'tap'
import { formatNets, type Nets, netsOf } from './nets.js'
import { isThorough } from './thorough.js'
import { aliases } from './traps/aliases.js'
import { asynchrony } from './traps/asynchrony.js'
import { containers } from './traps/containers.js'
import { language } from './traps/language.js'
import { surroundings } from './traps/surroundings.js'
import { type Trap, trapScript } from './traps/trap.js'

/** What only a later iteration shows, or one in a process that has executed no other. */
const LATE = ['a default parameter that is a cache', 'recursion', 'a memoize helper']
/** Of the others, one in so many, unless all are asked for. */
const EVERY = isThorough ? 1 : 24

test('scripts that the analysis is kept from are caught by what stands below it', async (t) => {
  const all = Object.entries({ ...aliases, ...language, ...containers, ...asynchrony, ...surroundings })
  const found = new Map<string, Nets>()
  for (const [name, trap] of all.filter(([it], i) => LATE.includes(it) || i % EVERY === 0)) {
    const nets = await netsOf(t, attackOf(trap))
    if (nets !== undefined) found.set(name, nets)
  }
  const wrong = [...found].filter(([, it]) => it.isWrong)
  const caught = wrong.filter(([, it]) => it.check || it.values || it.states)
  const missed = wrong.filter((it) => !caught.includes(it)).map(([name]) => name)
  for (const line of formatNets(found)) t.comment(line)
  t.comment(
    `${found.size} scripts, ${wrong.length} wrong without analysis, ${caught.length} of them told; not told: ${missed.join('; ')}`,
  )
  t.ok(wrong.length > 0, 'without analysis values are wrong')
  t.ok(caught.length >= 0.9 * wrong.length, `most are caught: ${missed.join('; ')}`)
})

function attackOf(trap: Trap) {
  const { files = {}, expect, at } = trap
  return {
    before: trapScript(trap, false),
    wanted: trapScript(trap, true),
    files,
    expect,
    ...(at === 'end' ? {} : { where: 'epoch >= 3' }),
  }
}

import { test } from 'tap'
import { attackOrAnalyse } from './attack.js'
import { aliases } from './traps/aliases.js'
import { asynchrony } from './traps/asynchrony.js'
import { containers } from './traps/containers.js'
import { language } from './traps/language.js'
import { leaving } from './traps/leaving.js'
import { ownership } from './traps/ownership.js'
import { surroundings } from './traps/surroundings.js'
import { trapScript } from './traps/trap.js'

for (const [group, traps] of Object.entries({
  aliases,
  language,
  containers,
  asynchrony,
  ownership,
  surroundings,
  leaving,
})) {
  test(`state where checkpoints do not reach never gives a wrong value: ${group}`, async (t) => {
    for (const [name, trap] of Object.entries(traps)) {
      await t.test(name, async (t) => {
        const { files = {}, expect, names, at, kept } = trap
        await attackOrAnalyse(t, {
          before: trapScript(trap, false),
          wanted: trapScript(trap, true),
          files,
          expect,
          isCarried: trap.added !== undefined,
          ...(names === undefined ? {} : { names }),
          ...(kept === undefined ? {} : { kept }),
          ...(at === 'end' ? {} : { where: 'epoch >= 3' }),
        })
      })
    }
  })
}

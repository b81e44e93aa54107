import { test } from 'tap'
import { attackOrAnalyse } from './attack.js'
import { type Traps, trapScript } from './traps/trap.js'

/** Makes a test of each trap of a group. */
export function attackTraps(group: string, traps: Traps): void {
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

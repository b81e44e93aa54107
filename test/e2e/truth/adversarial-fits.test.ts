import { test } from 'tap'
import { attackOrAnalyse } from './attack.js'
import { isThorough } from './thorough.js'
import { fitsScript, fitsTraps } from './traps/fits.js'

/** Of those that need not be executed each time, these few are; of the others the level is asked. */
const SAMPLE =
  /^(?:the same model on another task|between two fits|two fits in each fold|two models in turn, the first)/

test('several calls of fit never give a wrong value, with all checkpoints and with every third', async (t) => {
  for (const [name, trap] of Object.entries(fitsTraps)) {
    const { expect, names, isOutside = false } = trap
    const attacked = {
      before: fitsScript(trap, false),
      wanted: fitsScript(trap, true),
      expect,
      ...(names === undefined ? {} : { names }),
      ...(isOutside ? {} : { where: 'epoch >= 1' }),
    }
    await t.test(name, (t) => attackOrAnalyse(t, attacked, isThorough || SAMPLE.test(name)))
    if (!isThorough || expect === 'full') continue
    await t.test(`${name}, with every third checkpoint`, (t) =>
      attackOrAnalyse(t, { ...attacked, kept: 'third' }),
    )
  }
})

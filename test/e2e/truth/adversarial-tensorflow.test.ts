import { test } from 'tap'
import { attackOrAnalyse } from './attack.js'
import { tensorScript, tensorTraps } from './traps/tensorflow.js'

test('state that TensorFlow.js keeps where checkpoints do not reach never gives a wrong value', async (t) => {
  for (const [name, trap] of Object.entries(tensorTraps)) {
    await t.test(name, async (t) => {
      const { expect, names } = trap
      await attackOrAnalyse(t, {
        before: tensorScript(trap, false),
        wanted: tensorScript(trap, true),
        where: 'epoch >= 2',
        expect,
        ...(names === undefined ? {} : { names }),
      })
    })
  }
})

import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { relay } from '../../../lib/cli/child/relay.js'

t.test('what passes is handed on before anybody looks at it', async (t) => {
  const order: string[] = []
  const source = new PassThrough()
  const target = new Writable({
    write(piece, _encoding, done) {
      order.push(`shown ${piece}`)
      done()
    },
  })
  const passing = relay(source, target, (piece) => order.push(`looked at ${piece}`))
  source.write('a')
  await new Promise(setImmediate)
  source.end('b')
  await passing.done
  t.strictSame(order, ['shown a', 'looked at a', 'shown b', 'looked at b'])
  t.equal(await passing.finish(), 'complete')
})

t.test('a stream whose target has gone is given up, and said not to be complete', async (t) => {
  const source = new PassThrough()
  const target = new Writable({ write: (_piece, _encoding, done) => done(new Error('EPIPE')) })
  const passing = relay(source, target, () => {})
  source.write('a')
  await passing.done
  t.equal(await passing.finish(), 'broken')
  t.equal(passing.failure?.message, 'EPIPE')
})

t.test('what was handed on last may fail after the source has ended', async (t) => {
  const source = new PassThrough()
  const target = new Writable({
    write: (_piece, _encoding, done) => void setTimeout(() => done(new Error('ENOSPC')), 20),
  })
  target.on('error', () => {})
  const passing = relay(source, target, () => {})
  source.end('a')
  await passing.done
  t.equal(await passing.finish(), 'broken')
  t.equal(passing.failure?.message, 'ENOSPC')
})

import { test } from 'tap'
import { nearestNames } from '../../../lib/query/suggest.js'
import { nameNotFound } from '../../../lib/query/unknown-name.js'

const names = ['loss', 'val_acc', 'val_loss', 'lr', 'grad_norm', 'weight_norm']

test('near names come nearest first, and far ones not at all', async (t) => {
  t.same(nearestNames('los', names), ['loss'])
  t.equal(nearestNames('lsos', names)[0], 'loss', 'a swap is one step')
  t.equal(nearestNames('val-acc', names)[0], 'val_acc')
  t.equal(nearestNames('Grad.Norm', names)[0], 'grad_norm')
  t.same(nearestNames('norm', names), ['grad_norm', 'weight_norm'])
  t.same(nearestNames('perplexity', names), [])
  t.same(nearestNames('x', []), [])
})

test('an unknown name comes with its neighbours', async (t) => {
  t.match(nameNotFound('val_ac', names), {
    code: 'NAME_NOT_FOUND',
    data: { name: 'val_ac', candidates: ['val_acc'] },
  })
})

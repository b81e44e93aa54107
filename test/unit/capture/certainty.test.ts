import t from 'tap'
import { take } from './take.js'

/** Lines with something beside a value, and what is certain in them. */
const LINES: readonly (readonly [line: string, taken: readonly string[]])[] = [
  ['Epoch 9 loss=0.4 prev epoch 8 loss=0.5', []],
  ['Epoch 10 loss=0.4 (epoch 8 loss=0.5)', []],
  ['Epoch 16: loss=0.4 -> loss=0.3', []],
  ['loss=5ms loss=0.3', []],
  ['loss=1,234 loss=0.3', []],
  ['loss=tensor(0.4) loss=0.3', []],
  ['Epoch 3 loss 0.4, loss=0.3', []],
  ['loss=1e400', []],
  ['{"loss": 1e400, "acc": 0.5}', ['acc=0.5']],
  ['loss=1e-400', []],
  ['Epoch 1/3: {"epoch": 0, "loss": 0.3}', []],
  ['previous epoch 8 acc=0.5, epoch 9 loss=0.4', ['epoch=9 loss=0.4']],
  ['Epoch 10: loss=0.4 (best epoch 8) acc=0.5', ['epoch=10 acc=0.5']],
  ['Epoch 10 | loss 0.4 | best epoch: 8 | acc 0.5', ['epoch=10 loss=0.4']],
  ['loss=0.3 (best loss=0.2)', ['loss=0.3', 'best_loss=0.2']],
  ['val loss: 0.3 (best: 0.25)', ['val_loss=0.3']],
  ['val_acc: 0.912 (best 0.93)', ['val_acc=0.912']],
  ['loss=0.5 (took 3s)', ['loss=0.5']],
  ['acc = 0.9 (+/- 0.02)', ['acc=0.9']],
  ['loss=0.7 ± 0.1', ['loss=0.7']],
  ['loss=0.7 µ=3.5', ['loss=0.7', 'µ=3.5']],
  ['loss=0.7 😀=4', ['loss=0.7']],
  ['loss=0.7 Δloss=0.1', ['loss=0.7', 'Δloss=0.1']],
  ['loss=0.5 ✨', ['loss=0.5']],
  ['time: 3 (s), size: 3 [MB] loss: 0.5', ['loss=0.5']],
  ['time: 3 sec loss: 0.5', []],
  ['time: 5ms loss: 0.3', ['loss=0.3']],
  ['loss = 0.3 * 2', []],
  ['[Train] epoch 3 loss=0.3 [Val] loss=0.4', ['epoch=3 train_loss=0.3', 'epoch=3 val_loss=0.4']],
  ['Train loss=0.3 val loss=0.4 acc=0.5', ['train_loss=0.3', 'val_loss=0.4', 'val_acc=0.5']],
  ['MeanSquaredError: 0.3', ['MeanSquaredError=0.3']],
  ['ValueError: loss: 3', []],
  ['RuntimeError: loss=nan', []],
  ['x.py:3: UserWarning: loss=0.3', []],
  ['Training failed: torch.cuda.OutOfMemoryError: loss=3', []],
]

for (const [line, taken] of LINES)
  t.test(`what is certain in: ${line}`, async (t) => t.strictSame(take(line), taken))

t.test('a number behind the word epoch that cannot be read leaves nothing to the epoch before', async (t) => {
  for (const place of ['epoch "7"', 'Epoch 17th', 'Epoch - 12', 'E5', 'step 1,000'])
    t.strictSame(take(`Epoch 1: loss=0.5\n${place} loss=0.1`), ['epoch=1 loss=0.5'], place)
  for (const place of ['epoch2', 'Epoch_2', 'epoch-2', 'Epoch no. 2', 'Epoch #2'])
    t.strictSame(
      take(`Epoch 1: loss=0.5\n${place} loss=0.1`),
      ['epoch=1 loss=0.5', 'epoch=2 loss=0.1'],
      place,
    )
})

t.test('a name that a table has two columns of is left out', async (t) => {
  t.strictSame(take('epoch  loss  acc  loss\n1  0.5  0.9  0.4'), ['epoch=1 acc=0.9'])
})

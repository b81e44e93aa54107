import t from 'tap'
import { take } from './take.js'

/** Lines that look like metrics and are none, or of which nobody can tell what they say. */
const NOTHING: readonly (readonly [what: string, line: string])[] = [
  ['times', '2026-11-25 10:00:01,123 started at 10:00:01'],
  ['a time as a value', 'time=12:30:01 elapsed: 0:01:02'],
  ['dates', 'date: 2026-11-25'],
  ['versions', 'torch: 2.1.0 and numpy==1.26.4'],
  ['versions in a list', 'Python 3.11, torch 2.1'],
  ['addresses', 'Running on http://localhost:8080/?x=3&y=4 and 10.0.0.1:9000'],
  ['an IP address', 'host: 10.0.0.1'],
  ['ports', 'Listening on port: 8080'],
  ['devices', 'using cuda:0, rank:1'],
  ['places in files', 'train.py:42 and file.cc:210] something'],
  ['paths', 'saved to /data/lr=0.1/step=3/x and C:\\runs\\lr=0.2'],
  ['options of a command line', 'python train.py --lr=0.1 --epochs=3'],
  ['arguments of calls', 'optimizer: Adam(lr=0.005, momentum=0.937)'],
  ['layers', '  (fc): Linear(in_features=784, out_features=10, bias=True)'],
  ['tensors', 'loss: tensor(0.3456, grad_fn=<NllLossBackward>)'],
  ['units', 'time: 5ms, size=12GB, speed: 3.2it/s, took: 5 seconds'],
  ['fractions', 'Accuracy: 9842/10000 (98%)'],
  ['groups of digits', 'samples: 1,234'],
  ['changes', 'lr: 0.5 -> 0.3'],
  ['ranges', 'range: 3 - 5'],
  ['what is left of the time', 'ETA: 12, eta=0.5'],
  ['exceptions', 'KeyError: 3'],
  ['sentences', 'the best of all models so far had an accuracy: 0.9'],
  ['an epoch in a sentence', 'restored the weights of epoch 7'],
  ['hexadecimal and grouped numbers', 'a=0x1F b=1_000'],
  ['a name twice in a line', 'loss: 0.3 loss: 0.4'],
  ['broken JSON', '{"loss": 0.3, "acc": }'],
  ['a line that is data', `x=1 ${'9'.repeat(9000)}`],
]

for (const [what, line] of NOTHING) {
  t.test(`nothing is taken out of ${what}`, async (t) => t.strictSame(take(line), []))
}

t.test('nothing is taken out of tracebacks', async (t) => {
  const traceback = `Traceback (most recent call last):
  File "x.py", line 42, in f
    loss = 0.3
ValueError: loss=3
    at train (/x/train.js:10:5)
acc=0.5`
  t.strictSame(take(traceback), ['acc=0.5'])
})

t.test(
  'a line that speaks of an epoch as a sentence does says nothing of the one that is open',
  async (t) => {
    t.strictSame(take('Epoch 1: loss=0.5\nbest so far was epoch 3 loss=0.2\nacc=0.9'), [
      'epoch=1 loss=0.5',
      'epoch=1 acc=0.9',
    ])
    t.strictSame(take('Epoch 1: loss=0.5\n🚀 Epoch 2 loss=0.3'), ['epoch=1 loss=0.5', 'epoch=2 loss=0.3'])
    t.strictSame(take('Epoch 1: loss=0.5\nlr=0.1 epoch=2 loss=0.3'), [
      'epoch=1 loss=0.5',
      'epoch=2 lr=0.1',
      'epoch=2 loss=0.3',
    ])
    t.strictSame(take('Results for epoch 4: loss=0.1'), ['epoch=4 loss=0.1'])
  },
)

t.test('a size of batches is a value, a batch that is counted a place', async (t) => {
  t.strictSame(take('lr=0.01 epochs=8 batch=64'), ['lr=0.01', 'epochs=8', 'batch=64'])
  t.strictSame(take('Epoch 1 batch=64 loss=0.5'), ['epoch=1/batch=64 loss=0.5'])
})

t.test('numbers are what they say, to the bit', async (t) => {
  t.strictSame(take('a: 1e-3, b: nan, c: inf, d: -inf, e: +.5, f: 5., g: 0.1'), [
    'a=0.001',
    'b=NaN',
    'c=Infinity',
    'd=-Infinity',
    'e=0.5',
    'f=5',
    'g=0.1',
  ])
  t.strictSame(take('n=12345678901234567890'), ['n=12345678901234567890'])
  t.strictSame(take('samples: 1,234, loss: 0.5'), ['loss=0.5'], 'what is ambiguous leaves the rest alone')
})

t.test('a second training in the same output is the next pass of its loop', async (t) => {
  t.strictSame(take('Epoch 1: a=1\nEpoch 2: a=2\nEpoch 1: a=3\nEpoch 1: b=4'), [
    'epoch=1 a=1',
    'epoch=2 a=2',
    'epoch#1=1 a=3',
    'epoch#1=1 b=4',
  ])
})

t.test('what follows the values of an epoch may belong to the next one, and stands in none', async (t) => {
  t.strictSame(take('Epoch 1: loss=0.5\nval_loss=0.6\nbatch 0: loss=0.4\nEpoch 2: loss=0.3'), [
    'epoch=1 loss=0.5',
    'epoch=1 val_loss=0.6',
    'batch=0 loss=0.4',
    'epoch=2 loss=0.3',
  ])
  t.strictSame(take('Epoch 1\nbatch 0: loss=0.4\nEpoch 1: loss=0.5\nEpoch 2\nbatch 0: loss=0.3'), [
    'epoch=1/batch=0 loss=0.4',
    'epoch=1 loss=0.5',
    'epoch=2/batch=0 loss=0.3',
  ])
})

import t from 'tap'
import { take } from './take.js'

/** Messages behind what logging libraries print, and what is to be taken out of them. */
const LINES: readonly (readonly [library: string, line: string, taken: readonly string[]])[] = [
  ['Python without settings', 'INFO:root:Epoch 3 loss=0.3 acc=0.1', ['epoch=3 loss=0.3', 'epoch=3 acc=0.1']],
  ['a module', 'DEBUG:my.mod:epoch 2 - loss 0.4', ['epoch=2 loss=0.4']],
  [
    'a logger that is called as a part of the training',
    'INFO:train:epoch 4, loss: 0.25',
    ['epoch=4 loss=0.25'],
  ],
  ['Python with a name', '2024-01-02 10:11:12,123 - train - INFO - epoch 3 loss 0.3', ['epoch=3 loss=0.3']],
  ['hydra', '[2024-01-02 10:11:12,123][train][INFO] - Epoch 4: loss 0.3', ['epoch=4 loss=0.3']],
  [
    'loguru',
    '2024-01-01 00:00:00.000 | INFO     | __main__:main:12 - Epoch 1 loss=0.2',
    ['epoch=1 loss=0.2'],
  ],
  ['pytest', 'INFO     root:train.py:12 Epoch 15 loss=0.3', ['epoch=15 loss=0.3']],
  ['absl', 'I0102 10:11:12.123456 1234 train.py:45] step 100, loss = 0.1', ['step=100 loss=0.1']],
  ['TensorFlow', 'INFO:tensorflow:loss = 0.5, step = 100 (3.5 sec)', ['step=100 loss=0.5']],
  ['structlog', '2024-01-02 10:11:12 [info     ] epoch done        epoch=8 loss=0.3', ['epoch=8 loss=0.3']],
  [
    'logfmt',
    'time="2024-01-02T10:11:12Z" level=info msg="epoch done" epoch=21 loss=0.3',
    ['epoch=21 loss=0.3'],
  ],
  [
    'pino',
    '{"level":30,"time":1700000000000,"pid":123,"epoch":10,"loss":0.3,"msg":"done"}',
    ['epoch=10 loss=0.3'],
  ],
  ['winston', '{"level":"info","message":"Epoch 11 loss=0.4"}', ['epoch=11 loss=0.4']],
  ['a text of winston', 'info: Epoch 13 loss=0.3', ['epoch=13 loss=0.3']],
  ['Ray', '(train pid=1234) epoch 24 loss=0.3', ['epoch=24 loss=0.3']],
  ['a bracket with place and time', '[Epoch 2 | 10:00:05] loss=0.3', ['epoch=2 loss=0.3']],
  ['a rate of success', 'Success: 0.9, loss: 0.1', ['Success=0.9', 'loss=0.1']],
  ['a game', '{"level": 3, "reward": 0.5}', ['level=3', 'reward=0.5']],
  ['an error in JSON', '{"level":"error","message":"loss=0.4"}', []],
]

for (const [library, line, taken] of LINES) {
  t.test(`the message of ${library} is read without its prefix`, async (t) => t.strictSame(take(line), taken))
}

t.test('a line that tells of a failure says where the training is, and no values', async (t) => {
  t.strictSame(take('ERROR:root:loss=nan'), [])
  t.strictSame(take('Epoch 2\n10:11:12 ERROR Epoch 3 diverged: loss=nan\nloss=0.3'), ['epoch=3 loss=0.3'])
})

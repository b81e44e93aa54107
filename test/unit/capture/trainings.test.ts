import t from 'tap'
import { take } from './take.js'

/** What the output of one kind of program looks like, and all that is to be taken out of it. */
const TRAININGS: readonly (readonly [kind: string, output: string, taken: readonly string[]])[] = [
  [
    'Keras with bars',
    `Epoch 1/2
422/422 ━━━━━━━━━━━━━━━━━━━━ 47s 108ms/step - accuracy: 0.8659 - loss: 0.4917 - val_loss: 0.0581
Epoch 2/2
15/15 [==============================] - 0s 8ms/step - accuracy: 0.9770 - loss: 9.3199e-04`,
    [
      'epoch=1 accuracy=0.8659',
      'epoch=1 loss=0.4917',
      'epoch=1 val_loss=0.0581',
      'epoch=2 accuracy=0.977',
      'epoch=2 loss=0.00093199',
    ],
  ],
  [
    'Keras with verbose=2, and what its callbacks say',
    `Epoch 1/2
10/10 - 1s - 5ms/step - accuracy: 0.8100 - loss: 0.6100
Epoch 1: val_loss improved from 0.3 to 0.2, saving model to /tmp/best.keras
11490434/11490434 ━━━━━━━━━━━━━━━━━━━━ 0s 0us/step`,
    ['epoch=1 accuracy=0.81', 'epoch=1 loss=0.61'],
  ],
  [
    'the MNIST example of PyTorch',
    `Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300000
Train Epoch: 1 [1280/60000 (2%)]\tLoss: 2.100000

Test set: Average loss: 0.0487, Accuracy: 9842/10000 (98%)
`,
    [
      'epoch=1/step=640 train_Loss=2.3',
      'epoch=1/step=1280 train_Loss=2.1',
      'epoch=1 test_Average_loss=0.0487',
    ],
  ],
  [
    'the ImageNet example of PyTorch, without running means',
    'Epoch: [0][  10/5005]\tTime  0.500 ( 0.600)\tLoss 6.9000e+00 (6.9500e+00)\tAcc@1   0.25 (  0.10)',
    ['epoch=0/step=10 Time=0.5', 'epoch=0/step=10 Loss=6.9', 'epoch=0/step=10 Acc@1=0.25'],
  ],
  [
    'nanoGPT',
    `step 250: train loss 2.4623, val loss 2.4888
iter 260: loss 2.1000, time 5.31ms, mfu 3.10%`,
    ['step=250 train_loss=2.4623', 'step=250 val_loss=2.4888', 'step=260 loss=2.1', 'step=260 mfu=3.1'],
  ],
  [
    'transformers, whose epochs have fractions',
    `{'loss': 0.3456, 'grad_norm': 1.25, 'learning_rate': 5e-05, 'epoch': 0.5}
{'eval_loss': 0.25, 'epoch': 1.0}
{'loss': nan, 'epoch': 1.5}`,
    [
      'epoch=0.5 loss=0.3456',
      'epoch=0.5 grad_norm=1.25',
      'epoch=0.5 learning_rate=0.00005',
      'epoch=1 eval_loss=0.25',
      'epoch=1.5 loss=NaN',
    ],
  ],
  [
    'JSON lines',
    '{"epoch": 3, "step": 7, "loss": 1e-3, "val": {"acc": 0.5, "tag": "x"}, "ok": true, "list": [1, 2]}',
    ['epoch=3/step=7 loss=0.001', 'epoch=3/step=7 val.acc=0.5', 'epoch=3/step=7 ok=true'],
  ],
  [
    'XGBoost and LightGBM',
    `[10]\ttrain-logloss:0.10123\ttest-logloss:0.20000
[LightGBM] [Info] Number of positive: 896, number of negative: 901
[11]\ttraining's auc: 0.96\tvalid_1's binary_logloss: 0.63`,
    [
      'step=10 train-logloss=0.10123',
      'step=10 test-logloss=0.2',
      "step=11 training's_auc=0.96",
      "step=11 valid_1's_binary_logloss=0.63",
    ],
  ],
  [
    'tqdm and Lightning: a bar counts when it is full',
    `Epoch 7:  50%|█████     | 8/16 [00:15<00:00,  1.05it/s, loss=0.332, v_num=0]
Epoch 7: 100%|██████████| 16/16 [00:15<00:00,  1.05it/s, loss=0.232, v_num=0, val_loss=0.37]
Epoch 8: 100% 16/16 [00:15<00:00,  1.05it/s, loss=0.2]
Epoch 9: |          | 3/? [00:52<00:00,  0.06it/s, loss=0.1]`,
    ['epoch=7 loss=0.232', 'epoch=7 val_loss=0.37', 'epoch=8 loss=0.2'],
  ],
  [
    'detectron2 and mmengine',
    `[11/25 10:00:00 d2.utils.events]:  eta: 0:10:00  iter: 19  total_loss: 1.202  lr: 0.0001  max_mem: 2000M
2023/09/27 01:33:11 - mmengine - INFO - Epoch(train) [10][ 50/500]  lr: 1.0000e-04  eta: 0:11:48  loss: 0.8868`,
    [
      'step=19 total_loss=1.202',
      'step=19 lr=0.0001',
      'epoch=10/step=50 lr=0.0001',
      'epoch=10/step=50 loss=0.8868',
    ],
  ],
  [
    'fairseq keeps training and validation apart',
    `2020-05-01 10:00:00 | INFO | train_inner | epoch 001:    100 / 1000 loss=8.1, ppl=270.1
2020-05-01 10:00:00 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 7.5 | ppl 68.59
2020-05-01 10:00:00 | INFO | train | epoch 001 | loss 8.123 | wall 120`,
    [
      'epoch=1/step=100 loss=8.1',
      'epoch=1/step=100 ppl=270.1',
      'epoch=1 valid_loss=7.5',
      'epoch=1 valid_ppl=68.59',
      'epoch=1 train_loss=8.123',
      'epoch=1 train_wall=120',
    ],
  ],
  [
    'ultralytics',
    `      Epoch    GPU_mem   box_loss   cls_loss  Instances       Size
      1/100      1.18G      1.287      3.734         17        640:  50%|█████     | 6/12 [00:05<00:00,  1.19it/s]
      1/100      1.18G      1.187      3.034         17        640: 100% ━━━━━━━━━━━━ 12/12 3.5it/s 3.5s0.2s
                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|████| 1/1 [00:01<00:00,  1.98it/s]
                   all         16        127    0.00729      0.276    0.00456    0.00217`,
    ['epoch=1 box_loss=1.187', 'epoch=1 cls_loss=3.034', 'epoch=1 Instances=17', 'epoch=1 Size=640'],
  ],
  [
    'fastai and scikit-learn',
    `epoch     train_loss  valid_loss  accuracy  time    
0         0.512       0.498       0.801     00:12     
1         0.412       0.398       0.851     00:11     
Iteration 2, loss = 3.86091603
      Iter       Train Loss   Remaining Time 
         3           1.2875            0.09s`,
    [
      'epoch=0 train_loss=0.512',
      'epoch=0 valid_loss=0.498',
      'epoch=0 accuracy=0.801',
      'epoch=1 train_loss=0.412',
      'epoch=1 valid_loss=0.398',
      'epoch=1 accuracy=0.851',
      'step=2 loss=3.86091603',
      'step=3 Train_Loss=1.2875',
    ],
  ],
  [
    'tfjs-node, without what its bar shows of the last batch',
    `Epoch 1 / 20
eta=0.0 ==>- acc=0.57 loss=1.20
91ms 337us/step - acc=0.390 loss=1.31 val_loss=0.0445
Loss: 0.247 (train), 0.044 (val); Accuracy: 0.920 (train), 0.987 (val) (14.62 ms/step)`,
    ['epoch=1 acc=0.39', 'epoch=1 loss=1.31', 'epoch=1 val_loss=0.0445'],
  ],
  [
    'timm and Swin',
    `Train: 3 [  50/1251 (  4%)]  Loss: 6.95 (6.95)  Time: 2.318s,  441.68/s  LR: 1.000e-05
[2024-01-02 10:11:12 swin] (main.py 229): INFO Train: [4/300][10/1251]\teta 0:10:00\tloss 6.9 (6.95)`,
    ['epoch=3/step=50 train_Loss=6.95', 'epoch=3/step=50 train_LR=0.00001', 'epoch=4/step=10 train_loss=6.9'],
  ],
  [
    'CatBoost, and the cross-validation of XGBoost',
    `5:\tlearn: 0.6845\ttest: 0.6850\tbest: 0.6850 (0)\ttotal: 46.9ms\tremaining: 46.9s
[10]\ttrain-rmse:0.5+0.02\ttest-rmse:0.6+0.03`,
    [
      'step=5 learn=0.6845',
      'step=5 test=0.685',
      'step=5 best=0.685',
      'step=10 train-rmse=0.5',
      'step=10 test-rmse=0.6',
    ],
  ],
  [
    'the tutorial of PyTorch, and metrics of transformers in columns',
    `[1,  2000] loss: 2.173
***** train metrics *****
  train_loss               =     0.5012
  train_runtime            = 0:01:23.45`,
    ['epoch=1/batch=2000 loss=2.173', 'epoch=1 train_loss=0.5012'],
  ],
  [
    'folds, batches, and headings',
    `Fold 2
Epoch 1/3
Batch 10/100 | loss: 0.5
Step 100
loss = 0.7
Epoch 2 | train: loss=0.1 acc=0.5 | val: loss=0.2 acc=0.4`,
    [
      'fold=2/epoch=1/batch=10 loss=0.5',
      'fold=2/epoch=1/step=100 loss=0.7',
      'fold=2/epoch=2 train_loss=0.1',
      'fold=2/epoch=2 train_acc=0.5',
      'fold=2/epoch=2 val_loss=0.2',
      'fold=2/epoch=2 val_acc=0.4',
    ],
  ],
  [
    'the epoch that is said to be the current one',
    `Epoch 1
current_epoch=25 loss=0.3
Current epoch: 26, loss=0.2
epoch_idx=27 loss=0.1
{"current_epoch": 28, "loss": 0.4}
Epoch 29
best_epoch=3 loss=0.5`,
    [
      'epoch=25 loss=0.3',
      'epoch=26 loss=0.2',
      'epoch=27 loss=0.1',
      'epoch=28 loss=0.4',
      'epoch=29 best_epoch=3',
      'epoch=29 loss=0.5',
    ],
  ],
  [
    'what is said of the best epoch, which is another one',
    `Epoch 3: loss=0.2
*** Best acc: 0.9 (epoch 2)
Loading best checkpoint (epoch 2)
Best: epoch 1, loss 0.3
val_acc=0.8
best metric, hmean: 0.7, best_epoch: 1
Epoch 4: loss=0.1`,
    [
      'epoch=3 loss=0.2',
      'epoch=3 val_acc=0.8',
      'epoch=3 best_hmean=0.7',
      'epoch=3 best_epoch=1',
      'epoch=4 loss=0.1',
    ],
  ],
  [
    'parts of a training that are words of names',
    `Epoch 1 | train loss 0.3 | val loss 0.4 | acc 0.9 |
Epoch 2 | loss: 0.3 | val: 0.4 | lr: 0.1
Epoch 3 train: 0.4 test: 0.3 gap: 0.1
Epoch 4 Train Loss: 0.4 Acc: 0.9 | Val Loss: 0.3 Acc: 0.8 | LR: 0.1
Epoch 5 training loss: 0.3 time: 4.5
Epoch 6 (val): loss: 0.4`,
    [
      'epoch=1 train_loss=0.3',
      'epoch=1 val_loss=0.4',
      'epoch=1 acc=0.9',
      'epoch=2 loss=0.3',
      'epoch=2 val=0.4',
      'epoch=2 lr=0.1',
      'epoch=3 train=0.4',
      'epoch=3 test=0.3',
      'epoch=3 gap=0.1',
      'epoch=4 Train_Loss=0.4',
      'epoch=4 train_Acc=0.9',
      'epoch=4 Val_Loss=0.3',
      'epoch=4 val_Acc=0.8',
      'epoch=4 LR=0.1',
      'epoch=5 training_loss=0.3',
      'epoch=5 time=4.5',
      'epoch=6 val_loss=0.4',
    ],
  ],
  [
    'lists, places of a measure, sentences, and the time behind the last value',
    `Epoch 1/5
Epoch 1 - loss: 0.3, 0.4, 0.5
Average Precision (AP) @[ IoU=0.50 | area= all | maxDets=100 ] = 0.602
100/100 - 3s - loss: 0.5 - accuracy: 0.8 - val_loss: 0.4 - val_accuracy: 0.9612 - 3s/epoch - 7ms/step
Epoch 21 finished. Loss: 0.5`,
    [
      'epoch=1 loss=0.5',
      'epoch=1 accuracy=0.8',
      'epoch=1 val_loss=0.4',
      'epoch=1 val_accuracy=0.9612',
      'epoch=21 Loss=0.5',
    ],
  ],
  [
    'numbers that Transformers 5 prints as texts',
    `{'loss': '2.301', 'learning_rate': '4.9e-05', 'id': 'a1', 'epoch': '0.5'}
{'loss': '2.2', 'id': '7', 'epoch': 1}`,
    ['epoch=0.5 loss=2.301', 'epoch=0.5 learning_rate=0.000049'],
  ],
  [
    'a print beside a bar, a report behind a table, and an epoch that is none',
    ` 33%|███▎      | 1/3 [00:00<00:00, 3.0it/s]Epoch 2: loss=0.6
epoch  train_loss  valid_loss  time
0      0.9         0.8         00:01
1      0.7         0.6         00:01
0      0.95        0.90        50
{"epoch": null, "loss": 0.3}
{"epoch": -1, "loss": 0.2}
Epoch 4 | loss=0.3 | 0.4
Epoch 5 acc: 0.9, 0.8, loss: 0.1`,
    [
      'epoch=2 loss=0.6',
      'epoch#1=0 train_loss=0.9',
      'epoch#1=0 valid_loss=0.8',
      'epoch#1=1 train_loss=0.7',
      'epoch#1=1 valid_loss=0.6',
      'epoch#1=5 loss=0.1',
    ],
  ],
  [
    'epochs that are spoken of when they are over',
    `train_loss=0.9
Epoch 1 finished
train_loss=0.8
Epoch 2 finished: val_loss=0.7
train_loss=0.6
end of epoch 3
Epoch 4
train_loss=0.5
Epoch 4 done
val_loss=0.4`,
    [
      'train_loss=0.9',
      'train_loss=0.8',
      'epoch=2 val_loss=0.7',
      'train_loss=0.6',
      'epoch=4 train_loss=0.5',
      'epoch=4 val_loss=0.4',
    ],
  ],
  [
    'headings of all kinds, and lines that are printed again',
    `Epoch(2)
loss=0.5
--------Epoch 9--------
loss=0.4
Now training epoch 13
loss=0.3
Beginning of epoch 15
loss=0.2
Epoch 16: loss=0.1\x1b[1G\x1b[2KEpoch 17: loss=0.05`,
    ['epoch=2 loss=0.5', 'epoch=9 loss=0.4', 'epoch=13 loss=0.3', 'epoch=15 loss=0.2', 'epoch=17 loss=0.05'],
  ],
  [
    'what follows a training belongs to no epoch',
    `Epoch 2/2
loss: 0.1
Training finished in 12.5 s
test_acc: 97.5%
Epoch 1/2
final_loss: 0.2`,
    ['epoch=2 loss=0.1', 'test_acc=97.5', 'final_loss=0.2'],
  ],
]

for (const [kind, output, taken] of TRAININGS) {
  t.test(`metrics of ${kind}`, async (t) => t.strictSame(take(output), taken))
}

import t from 'tap'
import { progressReader } from '../../../lib/git/transfer-progress.js'

t.test('the progress of git and git-lfs is told line by line, however it arrives', (t) => {
  const told: string[] = []
  const read = progressReader((line) => told.push(line))
  const text =
    'remote: Counting objects:  50% (1/2)\rReceiving objects:  12% (120/1000), 1.20 MiB | 2.00 MiB/s\rFrom /srv/x\n * [new ref] a -> b\nUploading LFS objects:  50% (1/2), 1.0 MB | 0 B/s\n'
  for (const character of text) read(character)
  t.strictSame(told, [
    'Counting objects:  50% (1/2)',
    'Receiving objects:  12% (120/1000), 1.20 MiB | 2.00 MiB/s',
    'Uploading LFS objects:  50% (1/2), 1.0 MB | 0 B/s',
  ])
  t.end()
})

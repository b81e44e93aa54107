import t from 'tap'
import { layoutTable, type TableColumn } from '../../../lib/cli/render/table.js'
import { displayWidth } from '../../../lib/cli/render/width.js'

const HEADER: TableColumn[] = [
  { title: 'run', align: 'left', isKey: true },
  { title: 'epoch', align: 'right', isKey: true },
  { title: 'loss', align: 'right' },
  { title: 'note', align: 'left', minWidth: 6 },
]
const ROWS = [
  ['3f2a9c1', '0', '2.31', 'a long remark that can be cut'],
  ['3f2a9c1', '10', '0.5', '模型'],
]

t.test('numbers stand right, texts left, without trailing blanks', async (t) => {
  t.strictSame(layoutTable(HEADER, ROWS, 80), [
    'run      epoch  loss  note',
    '3f2a9c1      0  2.31  a long remark that can be cut',
    '3f2a9c1     10   0.5  模型',
  ])
})

t.test('texts are cut before anything else gives way', async (t) => {
  const lines = layoutTable(HEADER, ROWS, 40)
  t.equal(lines.length, 3)
  for (const line of lines) t.ok(displayWidth(line) <= 40, line)
  t.match(lines[1], '…')
})

t.test('columns that do not fit follow below, keys repeated, nothing lost', async (t) => {
  const header = ['run', 'a', 'b', 'c'].map(
    (title): TableColumn => ({ title, align: 'right', isKey: title === 'run' }),
  )
  const lines = layoutTable(header, [['r1', '1'.repeat(12), '2'.repeat(12), '3'.repeat(12)]], 30)
  t.strictSame(
    lines.map((line) => line.trim().replace(/ +/g, ' ')),
    ['run a', 'r1 111111111111', '', 'run b', 'r1 222222222222', '', 'run c', 'r1 333333333333'],
  )
})

t.test('colour does not move columns', async (t) => {
  const coloured = layoutTable(
    HEADER.map((column) => ({ ...column, paint: (text: string) => `\u001b[1m${text}\u001b[m` })),
    ROWS,
    80,
  )
  const stripped = coloured.map((line) => line.replace(/\u001b\[\d*m/g, '').trimEnd())
  t.strictSame(stripped, layoutTable(HEADER, ROWS, 80))
})

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

t.test(
  'numbers and times are whole in every width that holds them, and texts take the room that is left',
  async (t) => {
    const header: TableColumn[] = [
      { title: 'run', align: 'left', isKey: true },
      { title: 'when', align: 'left', minWidth: 8 },
      { title: 'big', align: 'right', minWidth: 8 },
      { title: 'loss', align: 'right', minWidth: 8 },
      { title: 'note', align: 'left', minWidth: 8 },
    ]
    const whole = ['2023-11-14T22:13:20.000Z', '9007199254740993', '8.333e-11!']
    const rows = [['3f2a9c1', ...whole, 'a long remark that can be cut, and is cut in all but the widest']]
    for (const columns of [36, 40, 60, 80, 200]) {
      const lines = layoutTable(header, rows, columns)
      for (const value of whole)
        t.ok(
          lines.some((line) => line.includes(value)),
          `${value} in ${columns}`,
        )
      for (const line of lines) t.ok(displayWidth(line) <= columns, line)
    }
    t.strictSame(layoutTable(header, rows, 40), [
      'run      when',
      '3f2a9c1  2023-11-14T22:13:20.000Z',
      '',
      'run                   big        loss',
      '3f2a9c1  9007199254740993  8.333e-11!',
      '',
      'run      note',
      '3f2a9c1  a long remark that can be cut,…',
    ])
    const digits = '1'.repeat(90)
    t.match(
      layoutTable(header.slice(0, 2), [['3f2a9c1', digits]], 40)[1],
      /^3f2a9c1 {2}1{30}…$/,
      'but not endless ones',
    )
  },
)

t.test('text that is written from right to left keeps its indent and its place', async (t) => {
  const header: TableColumn[] = [
    { title: 'name', align: 'left', isKey: true },
    { title: 'value', align: 'right' },
  ]
  const [, first, second] = layoutTable(
    header,
    [
      ['    שגיאה', '1'],
      ['    abcde', '2'],
    ],
    80,
  )
  t.match(first, /^ {4}\u2068/u)
  t.equal(displayWidth(first as string), displayWidth(second as string))
})

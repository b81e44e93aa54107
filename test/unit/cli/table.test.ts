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

t.test('titles that are cut stay different, and keep their marks', async (t) => {
  const titles = ['count(w2)', 'count(w3)', 'mean(loss) by epoch', 'mean(acc) by epoch', 'first(weight_norm)']
  const header = titles.map(
    (title, i): TableColumn => ({
      title,
      align: 'right',
      minWidth: 8,
      ...(i % 2 === 1 && { titleMark: '*' }),
    }),
  )
  const row = titles.map(() => '1')
  for (let columns = 20; columns < 110; columns++) {
    const lines = layoutTable(header, [row], columns)
    const shown = lines.filter((line) => /[a-z]/.test(line)).flatMap((line) => line.trim().split(/ {2,}/))
    t.equal(new Set(shown).size, titles.length, `${columns}: ${shown}`)
    t.strictSame(
      shown.map((title) => title.endsWith('*')),
      titles.map((_, i) => i % 2 === 1),
      `${columns}`,
    )
    for (const line of lines) t.ok(displayWidth(line) <= columns, `${columns}: ${line}`)
  }
  const narrow = layoutTable(
    header.slice(0, 2).map((it) => ({ ...it, titleMark: '*' })),
    [['1', '2']],
    18,
  )
  t.equal(narrow[0], 'coun…2)*  coun…3)*'.padEnd(18).trimEnd(), 'cut in the middle where the ends differ')
})

t.test(
  'titles that differ in their middle alone are cut no further than where they can be told apart',
  async (t) => {
    const header = ['mean(a1) by epoch', 'mean(a2) by epoch'].map(
      (title): TableColumn => ({ title, align: 'right', minWidth: 8 }),
    )
    const [titles = ''] = layoutTable(header, [['1', '2']], 20)
    t.equal(titles, 'mean(a1)…  mean(a2)…')
    const middle = ['aaaaaaaaa1bbbbbbbbbb', 'aaaaaaaaa2bbbbbbbbbb'].map(
      (title): TableColumn => ({ title, align: 'right', minWidth: 8 }),
    )
    t.equal(layoutTable(middle, [['1', '2']], 30)[0], 'aaaaaaaaa1bbb…  aaaaaaaaa2bbb…')
    t.equal(layoutTable(middle, [['1', '2']], 20)[0], 'aaaaaaaaa1bbbbbbbbbb', 'one below the other')
  },
)

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

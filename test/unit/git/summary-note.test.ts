import t from 'tap'
import { MOST_LINES, summaryKey, withSummaryLine } from '../../../lib/git/summary-note.js'
import type { RunOid } from '../../../lib/model/oid.js'

const run = (n: number): RunOid => n.toString(16).padStart(40, '0').split('').reverse().join('') as RunOid
const line = (n: number, what: string, isNewRun = true) => ({
  run: run(n),
  text: `${summaryKey(run(n))}${what}`,
  isNewRun,
})

t.test('lines stand in the order in which runs were sealed, one a run', (t) => {
  const one = withSummaryLine('', line(1, 'a')) as string
  const two = withSummaryLine(one, line(2, 'b')) as string
  t.equal(two, `${line(1, 'a').text}\n${line(2, 'b').text}\n`)
  t.equal(withSummaryLine(two, line(1, 'a')), undefined, 'the same once more is nothing')
  t.equal(
    withSummaryLine(two, line(1, 'changed', false)),
    `${line(1, 'changed').text}\n${line(2, 'b').text}\n`,
    'a change stays in its place',
  )
  t.end()
})

t.test('what git or the user added to a note stays', (t) => {
  const note = withSummaryLine('a remark\n\n', line(1, 'a'))
  t.equal(note, `a remark\n${line(1, 'a').text}\n`)
  t.end()
})

t.test('a commit with very many runs tells of the last ones and counts the others', (t) => {
  let note = ''
  for (let n = 1; n <= MOST_LINES + 3; n++) note = withSummaryLine(note, line(n, `number ${n}`)) as string
  const lines = note.trimEnd().split('\n')
  t.equal(lines.length, MOST_LINES + 1)
  t.equal(lines[0], '... 3 earlier runs')
  t.match(lines[1], 'number 4')
  t.match(lines.at(-1), `number ${MOST_LINES + 3}`)
  t.equal(withSummaryLine(note, line(2, 'backfilled', false)), undefined, 'no run is told of anew')
  t.end()
})

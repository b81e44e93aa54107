import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Io } from '../../../lib/cli/io.js'
import { Progress } from '../../../lib/cli/progress.js'

/** A screen of which only stderr is looked at; its clock and width are moved by hand. */
function screen(isTerminal = true) {
  const state = { nowMs: 0, columns: 80 }
  const stderr = new PassThrough()
  const io: Io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    cwd: '/',
    env: {},
    now: () => state.nowMs,
    isTerminal: { stdin: false, stdout: false, stderr: isTerminal },
    get messageColumns() {
      return state.columns
    },
    signal: new AbortController().signal,
    onSignal: () => () => {},
  }
  return { io, state, read: () => String(stderr.read() ?? '') }
}

t.test('nothing is shown in the first second, nor where nobody sees it', (t) => {
  const { io, state, read } = screen()
  const progress = new Progress(io)
  progress.show(['one'])
  t.equal(read(), '')
  state.nowMs = 1500
  progress.show(['two'])
  t.equal(read(), 'two\n')
  progress.clear()
  t.equal(read(), '\r\u001b[1A\u001b[J', 'and taken away again')
  progress.clear()
  t.equal(read(), '')
  const blind = screen(false)
  new Progress(blind.io, { delayMs: 0 }).show(['x'], true)
  t.equal(blind.read(), '')
  t.end()
})

t.test('where it is asked for without a terminal, it is lines with carriage returns, as of git', (t) => {
  const { io, read } = screen(false)
  const progress = new Progress(io, { delayMs: 0, isForced: true })
  progress.show(['indexing runs: 1%'], true)
  progress.show(['indexing runs: 2%'], true)
  progress.clear()
  t.equal(read(), 'indexing runs: 1%\rindexing runs: 2%\r\n')
  t.end()
})

t.test(
  'lines are as long as the window is wide now, and what a narrower one broke in two goes as a whole',
  (t) => {
    const { io, state, read } = screen()
    const progress = new Progress(io, { delayMs: 0 })
    progress.show(['x'.repeat(100)], true)
    t.equal(read(), `${'x'.repeat(78)}…\n`)
    state.columns = 40
    progress.show(['y'.repeat(100)], true)
    t.equal(read(), `\r\u001b[2A\u001b[J${'y'.repeat(38)}…\n`, 'two rows up')
    t.end()
  },
)

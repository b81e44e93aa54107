import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../../support/environment.js'
import { cli } from './harness.js'

/** A folder without a repository, and an output in it whose last line has no line feed. */
function outputIn(t: Test): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'train.log'), 'Epoch 1\nloss: 0.5\nppl of 3\nacc=0.7')
  return folder
}

t.test('the options of a preview may stand in any order, its file before and behind them', async (t) => {
  const folder = outputIn(t)
  const pattern = ['--pattern', 'ppl of (?<ppl>\\d+)']
  const expected = (await cli(folder, ['capture', '--preview', 'train.log', ...pattern])).stdout
  t.match(expected, /^loss .*\nppl .*\nacc .*\n$/m)
  for (const args of [
    ['--preview', ...pattern, 'train.log'],
    [...pattern, '--preview', 'train.log'],
    [...pattern, '--preview=train.log'],
    ['--preview=train.log', ...pattern],
    ['train.log', ...pattern, '--preview'],
    ['train.log', '--preview', ...pattern],
    ['--preview', ...pattern, '--', 'train.log'],
    ['--prev', ...pattern, 'train.log'],
  ]) {
    const { stdout, exitCode } = await cli(folder, ['capture', ...args])
    t.equal(exitCode, 0, args.join(' '))
    t.equal(stdout, expected, args.join(' '))
  }
  const piped = await cli(folder, ['capture', '--preview', ...pattern, '-'], { stdin: 'ppl of 3\n' })
  t.match(piped.stdout, /^ppl /m)
})

t.test('a preview of no file, or of two, is refused by name', async (t) => {
  const folder = outputIn(t)
  const refusal = async (...args: string[]) => {
    const { exitCode, stderr } = await cli(folder, ['capture', ...args])
    t.equal(exitCode, 129)
    return stderr
  }
  t.match(await refusal('--preview'), /^error: the file to look at is missing\n/)
  t.match(await refusal('train.log'), /^error: option --preview is missing\n/)
  t.match(await refusal('--preview=train.log', 'b.log'), /^error: unexpected argument 'b.log'\n/)
  t.match(await refusal('--preview', 'train.log', 'b.log'), /^error: unexpected argument 'b.log'\n/)
})

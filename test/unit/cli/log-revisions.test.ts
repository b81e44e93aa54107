import t, { type Test } from 'tap'
import { installHooks } from '../../../lib/git/hooks.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

/**
 * main: one, two; feature, off two: three. A run of each commit, one of edits on two that became the commit three, and one of edits
 * that nobody committed.
 */
const story = async (t: Test) => {
  const repo = repository(t).write('train.js', '// 1\n').commit('one')
  const first = await recordRun(repo.path, { args: { lr: 1 }, epochs: { loss: [1] } })
  repo.write('train.js', '// 2\n').commit('two')
  repo.git('tag', 'v1.0')
  const second = await recordRun(repo.path, { args: { lr: 2 }, epochs: { loss: [2] } })
  repo.git('switch', '-q', '-c', 'feature')
  repo.write('train.js', '// 3\n')
  const edits = await recordRun(repo.path, { args: { lr: 3 }, epochs: { loss: [3] } })
  repo.commit('three')
  const third = await recordRun(repo.path, { args: { lr: 4 }, epochs: { loss: [4] } })
  repo.write('train.js', '// never committed\n')
  const lost = await recordRun(repo.path, { args: { lr: 5 }, epochs: { loss: [5] } })
  const listed = async (...args: string[]): Promise<string[]> => {
    const { stdout, stderr } = await cli(repo.path, ['log', '--format=%(run)', ...args])
    t.equal(stderr.replace('no run fits\n', ''), '')
    return stdout.split('\n').filter((line) => line !== '')
  }
  return { repo, first, second, edits, third, lost, listed }
}

t.test('a revision range lists the runs of its commits, by base and by what exactly ran', async (t) => {
  const { first, second, edits, third, lost, listed, repo } = await story(t)
  t.strictSame(await listed('v1.0'), [edits, second, first], 'edits on v1.0 have it as their base')
  t.strictSame(
    await listed('main..feature'),
    [lost, third, edits],
    'the code of edits was committed as three',
  )
  t.strictSame(await listed('HEAD~1..'), [lost, third, edits])
  t.strictSame(await listed('^main', 'feature'), [lost, third, edits])
  t.strictSame(await listed('HEAD~2'), [first])
  t.strictSame(await listed('feature..main'), [])
  t.strictSame(await listed('feature', '-n', '2'), [lost, third])
  t.strictSame(await listed('main..feature', '--where', 'lr < 5', '--sort', 'lr', '-1'), [edits])
  repo.git('stash', '-q')
  repo.git('commit', '-q', '--amend', '-m', 'three, amended')
  t.strictSame(await listed('main..feature'), [third, edits], 'an amended message is the same code')
})

t.test(
  'runs of edits stay with a commit that is amended or rebased, where the hooks are installed',
  async (t) => {
    const { repo, lost, third, edits, listed } = await story(t)
    installHooks(repo.location)
    repo.git('stash', '-q')
    repo.write('more.js', '// more\n').git('add', 'more.js')
    repo.git('commit', '-q', '--amend', '-m', 'three and more')
    repo.git('commit', '-q', '--amend', '-m', 'three and more, said otherwise')
    t.strictSame(await listed('main..feature'), [lost, third, edits], 'twice amended, to other code')
    repo.git('switch', '-q', 'main')
    repo.write('other.js', '// other\n').commit('four')
    repo.git('rebase', '-q', 'main', 'feature')
    t.strictSame(await listed('main..feature'), [lost, third, edits], 'rebased')
  },
)

t.test('a run is named by its own oid, or the beginning of it', async (t) => {
  const { repo, second, third, listed } = await story(t)
  t.strictSame(await listed(second), [second])
  t.strictSame(await listed(second.slice(0, 8), third.slice(0, 8)), [third, second])
  t.strictSame(await listed(third, 'HEAD~2').then((runs) => runs.length), 2, 'beside a range')
  const table = await cli(repo.path, ['log', second.slice(0, 8), 'loss', '--csv'])
  t.equal(table.stdout, `run,epoch,loss\n${second},0,2\n`)
})

t.test('revisions and names stand together, -- between them where a word could be either', async (t) => {
  const { repo, first, listed } = await story(t)
  const rows = async (...args: string[]): Promise<string> =>
    (await cli(repo.path, ['log', '--csv', ...args])).stdout
  t.equal(await rows('HEAD~2', 'loss'), `run,epoch,loss\n${first},0,1\n`)
  t.equal(await rows('HEAD~2', '--', 'loss'), `run,epoch,loss\n${first},0,1\n`)
  t.equal(await rows('--end-of-options', 'HEAD~2', '--', 'loss'), `run,epoch,loss\n${first},0,1\n`)
  repo.git('branch', 'loss', 'HEAD~2')
  const both = await cli(repo.path, ['log', 'loss'])
  t.equal(both.exitCode, 129)
  t.match(both.stderr, /'loss' is both a name and a revision/)
  t.match(both.stderr, /hint: git flor log -- loss .* git flor log loss --/)
  t.strictSame(await listed('loss', '--'), [first])
  t.match(await rows('--', 'loss'), /^run,epoch,loss\n/)
  repo.git('branch', 'lr', 'HEAD')
  t.equal((await cli(repo.path, ['log', 'lr'])).exitCode, 129, 'arguments are names as well')
})

t.test('what git does not know is refused with the word', async (t) => {
  const { repo } = await story(t)
  const range = await cli(repo.path, ['log', 'mian..feature'])
  t.equal(range.exitCode, 128)
  t.match(range.stderr, /^error: git knows no revision 'mian..feature'\n/)
  const word = await cli(repo.path, ['log', 'los', '--'])
  t.equal(word.exitCode, 128)
  t.match(word.stderr, /git knows no commit 'los'\nhint: git flor log -- los /)
  const name = await cli(repo.path, ['log', 'los'])
  t.equal(name.exitCode, 1)
  t.match(name.stderr, /no run has logged "los"\nhint: did you mean loss\?/)
})

t.test('a word that only a revision can be is told as a revision, unless it is a name', async (t) => {
  const { repo, second } = await story(t)
  const told = async (...words: string[]): Promise<readonly [number, string]> => {
    const { exitCode, stderr } = await cli(repo.path, ['log', ...words])
    return [exitCode, stderr.split('\n')[0] ?? '']
  }
  for (const word of ['HEAD~99', 'v1.0^^^', 'HEAD@{99}', '@{99}', 'main:train.js', 'v9~'])
    t.strictSame(await told(word), [128, `error: git knows no commit '${word}'`])
  t.strictSame(await told('HEAD@{99}', 'loss'), [128, "error: git knows no commit 'HEAD@{99}'"])
  t.strictSame(
    await told('loss', 'HEAD~1', 'HEAD@{0}'),
    [0, ''],
    'where git gives up, each word is asked for',
  )
  t.match((await told('loss~1'))[1], 'no run has logged "loss~1"', 'near a name, it is more likely to be one')
  repo.git('checkout', '-q', '-f', 'v1.0')
  await recordRun(repo.path, { once: { 'val:acc': 1, 'a~b': 2 } })
  t.strictSame(await told('val:acc', 'a~b'), [0, ''], 'names may look so')
  t.strictSame(await told(`${second}~99`), [128, `error: git knows no commit '${second}~99'`])
})

t.test('--author takes what git log takes, and --reverse turns what would be shown', async (t) => {
  const { repo, first, second, edits, third, lost, listed } = await story(t)
  const all = [lost, third, edits, second, first]
  const author = repo.git('log', '-1', '--format=%an', first).trim()
  t.strictSame(await listed(`--author=${author}`), all)
  t.strictSame(await listed(`--author=^${author.slice(0, 2)}.*<`, '-n', '1'), [lost])
  t.strictSame(await listed('--author=nobody at all'), [])
  t.equal((await cli(repo.path, ['log', '--author=\\('])).exitCode, 129)
  t.strictSame(await listed('--reverse'), all.toReversed())
  t.strictSame(await listed('--reverse', '-n', '2'), [third, lost], 'the limit counts first')
  t.strictSame(await listed('--reverse', '--sort', '-lr'), all.toReversed())
  const rows = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await cli(repo.path, ['log', 'loss', '--format=%(loss)', '--reverse', ...args])
    return stdout.trimEnd().split('\n')
  }
  t.strictSame(await rows(), ['1', '2', '3', '4', '5'])
  t.strictSame(await rows('-n', '2'), ['4', '5'])
  t.strictSame(await rows('--sort', '-loss'), ['1', '2', '3', '4', '5'])
})

t.test('runs are chosen and sorted by medians, whose values have to be read', async (t) => {
  const repo = repository(t).commit('one')
  const low = await recordRun(repo.path, { epochs: { loss: [9, 1, 1] } })
  const high = await recordRun(repo.path, { epochs: { loss: [0, 5, 5] } })
  const listed = async (...args: string[]): Promise<string[]> =>
    (await cli(repo.path, ['log', '--format=%(run)', ...args])).stdout.trimEnd().split('\n')
  t.strictSame(await listed('--where', 'p50(loss) > 3'), [high])
  t.strictSame(await listed('--sort', 'p50(loss)'), [low, high])
  t.strictSame(await listed('--sort', '-p50(loss)', '-n', '1'), [high])
  const iterations = await cli(repo.path, ['log', '--sort', 'mean(loss) by epoch'])
  t.equal(iterations.exitCode, 1)
  t.match(
    iterations.stderr,
    /a value for each epoch, and none for a run as a whole\nhint: git flor log 'mean\(loss\) by epoch'/,
  )
})

t.test('a name that no run knows is refused even where other parts of the predicate hold', async (t) => {
  const { repo } = await story(t)
  const slip = await cli(repo.path, ['log', '--where', 'lrr is null or lr > 0'])
  t.equal(slip.exitCode, 1)
  t.match(slip.stderr, /no run has logged "lrr"\nhint: did you mean lr\?/)
})

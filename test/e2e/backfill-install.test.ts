import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { packagesDir } from '../../lib/git/location.js'
import { temporaryFolder } from '../support/environment.js'
import { repository, type TestRepository } from '../support/repository.js'
import { open, provideRuntime, runsOf, storedValues, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

/** What logs depend on the package `scale`, which is a file in the repository: nothing comes from a network. */
const script = `import * as flor from 'git-flor'
import { factor } from 'scale'
import { offset } from 'offset'
const weights = new Float64Array(1)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  weights[0] = weights[0] * factor + offset
  flor.log('loss', weights[0])
}
`

const npm = (cwd: string, ...args: string[]): void => {
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--offline'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** A tarball of a package as a registry would give it; its install script must not run. */
function pack(t: Test, version: string, factor: number): Buffer {
  const folder = repository(t, { path: join(temporaryFolder(t), 'scale') })
    .write(
      'package.json',
      JSON.stringify({
        name: 'scale',
        version,
        type: 'module',
        exports: './index.js',
        scripts: { install: 'touch RAN' },
      }),
    )
    .write('index.js', `export const factor = ${factor}\n`)
  npm(folder.path, 'pack', '--ignore-scripts')
  return readFileSync(join(folder.path, `scale-${version}.tgz`))
}

/** Makes the working tree one that needs that version, locks and installs it, and commits. */
function useVersion(repo: TestRepository, version: string, tarball: Buffer, offset: number): TestRepository {
  repo
    .write(`vendor/scale-${version}.tgz`, tarball)
    .write(
      'libs/offset/package.json',
      '{"name":"offset","version":"1.0.0","type":"module","exports":"./index.js"}',
    )
    .write('libs/offset/index.js', `export const offset = ${offset}\n`)
    .write(
      'package.json',
      JSON.stringify({
        name: 'project',
        version,
        type: 'module',
        scripts: { prepare: 'git config flor.maxFileSize 1m' },
        dependencies: { scale: `file:vendor/scale-${version}.tgz`, offset: 'file:libs/offset' },
      }),
    )
  repo.remove('package-lock.json').remove('node_modules')
  npm(repo.path, 'install', '--ignore-scripts')
  provideRuntime(repo.path)
  return repo.commit(`scale ${version}`)
}

/** Three runs: two of version 1.0.0, of different code and package.json, and one of version 2.0.0, which is installed. */
function story(t: Test): TestRepository {
  const repo = repository(t).write('.gitignore', 'node_modules/\n').write('train.js', script)
  useVersion(repo, '1.0.0', pack(t, '1.0.0', 2), 1)
  train(repo)
  const manifest = repo.read('package.json')
  repo.write('package.json', manifest.replace('"name":"project"', '"name":"project","description":"more"'))
  repo.write('train.js', `${script}// more\n`).commit('the same packages')
  train(repo)
  useVersion(repo, '2.0.0', pack(t, '2.0.0', 3), 1)
  train(repo)
  return repo
}

const request = ['weights[0] * 10 as ten', '--in', 'epoch']

test('without --install, other packages are told of before, and their effect is seen after', async (t) => {
  const repo = story(t)
  const plan = await cli(repo.path, ['backfill', ...request, '--dry-run'], { columns: 200 })
  const oids = [...plan.stdout.matchAll(/^([0-9a-f]{7}) {2}/gm)].map((it) => it[1])
  t.equal(oids.length, 3, plan.stdout + plan.stderr)
  t.match(
    plan.stdout,
    new RegExp(
      `^note: ${oids[1]}, ${oids[2]} ran with another package-lock\\.json \\(scale 1\\.0\\.0, now 2\\.0\\.0\\); --install installs what it names$`,
      'm',
    ),
  )
  t.equal(plan.stdout.match(/^note: /gm)?.length, 1, 'the run of today’s packages needs no note')
  const done = JSON.parse((await cli(repo.path, ['backfill', ...request, '--yes', '--json'])).stdout)
  t.match(done.differences, [
    {
      kind: 'packages',
      lockFile: { path: 'package-lock.json' },
      versions: [{ name: 'scale', recorded: '1.0.0', current: '2.0.0' }],
    },
  ])
  t.equal(done.differences[0].runs.length, 2)
  // Tasks are told of as they end.
  const ofRun = (oid = '') => done.tasks.find(({ run }: { run: string }) => run.startsWith(oid))?.fidelity
  t.match(ofRun(oids[0]), { status: 'identical' })
  const first = { name: 'loss', context: 'epoch=1', recorded: 3, replayed: 4 }
  t.match(ofRun(oids[1]), { status: 'diverged', first })
  t.match(ofRun(oids[2]), { status: 'diverged', first })
})

test('with --install, each lock file’s packages are installed once, and nothing of the user’s changes', async (t) => {
  const repo = story(t)
  const { stdout } = await cli(repo.path, ['backfill', ...request, '--dry-run', '--install'], {
    columns: 200,
  })
  t.strictSame(
    stdout.match(/^note: .*$/gm)?.map((line) => line.replace(/^note: .* have/, 'have')),
    [
      'have packages whose install scripts --install does not run (scale): where one must be built, replay without it',
    ],
  )
  const before = repo.fingerprint()
  const done = await cli(repo.path, ['backfill', ...request, '--yes', '--json', '--install'])
  t.equal(done.exitCode, 0, done.stderr)
  t.strictSame(repo.fingerprint(), before)
  const { flor } = open(t, repo)
  const runs = await runsOf(flor)
  const expected = [
    ['10', '30', '70'],
    ['10', '30', '70'],
    ['10', '40', '130'],
  ]
  for (const [i, run] of runs.entries()) {
    t.match(run.backfills, [{ fidelity: { status: 'identical' } }])
    const [a, b, c] = expected[i] as [string, string, string]
    t.strictSame(await storedValues(flor, run, ['ten']), {
      ten: { 'epoch=0': [a], 'epoch=1': [b], 'epoch=2': [c] },
    })
  }
  await flor.close()
  const cache = packagesDir(repo.location)
  const kept = readdirSync(cache)
  t.equal(kept.length, 2, 'two lock files, two installations')
  for (const name of kept)
    t.notOk(existsSync(join(cache, name, 'node_modules/scale/RAN')), 'install scripts did not run')

  await cli(repo.path, ['gc'])
  t.equal(readdirSync(cache).length, 2, 'what was used today stays')
  for (const name of kept) utimesSync(join(cache, name), 1, 1)
  const gc = await cli(repo.path, ['gc'])
  t.match(gc.stdout, /the packages of 2 lock files/)
  t.strictSame(readdirSync(cache), [])
})

test('a package that is built by its install script fails to load, and the reason is told', async (t) => {
  const native = repository(t, { path: join(temporaryFolder(t), 'native') })
    .write(
      'package.json',
      JSON.stringify({
        name: 'native',
        version: '1.0.0',
        type: 'module',
        exports: './index.js',
        scripts: { install: 'node build.cjs' },
      }),
    )
    .write('build.cjs', "require('fs').writeFileSync('built.json', '2')\n")
    .write(
      'index.js',
      `import { existsSync, readFileSync } from 'node:fs'
const built = new URL('built.json', import.meta.url)
// As the package \`bindings\` says it, by which most native packages load what was built.
if (!existsSync(built)) throw new Error('Could not locate the bindings file. Tried:\\n → ' + built.pathname)
export const factor = Number(readFileSync(built, 'utf8'))
`,
    )
  npm(native.path, 'pack', '--ignore-scripts')
  const repo = repository(t)
    .write('.gitignore', 'node_modules/\n')
    .write(
      'train.js',
      script.replace("'scale'", "'native'").replace("import { offset } from 'offset'", 'const offset = 1'),
    )
    .write('vendor/native-1.0.0.tgz', readFileSync(join(native.path, 'native-1.0.0.tgz')))
    .write(
      'package.json',
      JSON.stringify({
        name: 'project',
        type: 'module',
        dependencies: { native: 'file:vendor/native-1.0.0.tgz' },
      }),
    )
  npm(repo.path, 'install')
  provideRuntime(repo.path)
  repo.commit('with a native package')
  train(repo)
  const { exitCode, stdout, stderr } = await cli(repo.path, ['backfill', ...request, '--yes', '--install'])
  t.equal(exitCode, 1, stderr)
  t.match(stdout.replace(/\s+/g, ' '), /has packages whose install scripts --install does not run \(native\)/)
  t.match(stderr, /^hint: leave --install out {4}uses your own packages: native must be built/m)
  t.equal((await cli(repo.path, ['backfill', ...request, '--yes'])).exitCode, 0)
})

test('packages that cannot be installed fail their run alone, with what npm says', async (t) => {
  const repo = repository(t).write('.gitignore', 'node_modules/\n').write('train.js', script)
  useVersion(repo, '1.0.0', pack(t, '1.0.0', 2), 1)
  const manifest = repo.read('package.json')
  repo.write('package.json', manifest.replace('scale-1.0.0.tgz', 'none.tgz')).commit('not locked')
  train(repo)
  useVersion(repo, '2.0.0', pack(t, '2.0.0', 3), 1)
  train(repo)
  const { exitCode, stderr } = await cli(repo.path, ['backfill', ...request, '--yes', '--install'])
  t.equal(exitCode, 2, stderr)
  t.match(
    stderr,
    /failed: the packages of package-lock\.json could not be installed: npm ci ended with \d+: npm error .*none\.tgz/,
  )
  t.match(stderr, /3 values in .* fidelity: 3 of 3 identical/)
})

test('nothing is installed into folders outside of the version, nor where the version has its own packages', async (t) => {
  const repo = repository(t).write('.gitignore', 'node_modules/\n').write('train.js', script)
  useVersion(repo, '1.0.0', pack(t, '1.0.0', 2), 1)
  const lock = JSON.parse(repo.read('package-lock.json'))
  lock.packages['../../../../mine'] = { name: 'mine', version: '1.0.0' }
  repo.write('package-lock.json', JSON.stringify(lock)).commit('a folder beside the repository')
  train(repo)
  const outside = await cli(repo.path, ['backfill', ...request, '--yes', '--install'])
  t.match(
    outside.stderr,
    /failed: package-lock\.json names a folder outside of the repository: \.\.\/\.\.\/\.\.\/\.\.\/mine/,
  )

  const packages = temporaryFolder(t)
  const linked = repository(t).write('.gitignore', 'out/\n').write('train.js', script)
  useVersion(linked, '1.0.0', pack(t, '1.0.0', 2), 1)
  execFileSync('cp', ['-RL', `${join(linked.path, 'node_modules')}/.`, packages])
  linked.remove('node_modules').link('node_modules', packages).commit('packages behind a link')
  train(linked, { script: 'train.js' })
  const before = readdirSync(packages)
  const done = await cli(linked.path, ['backfill', ...request, '--yes', '--install'])
  t.match(done.stderr, /failed: node_modules is a link in this version/)
  t.strictSame(readdirSync(packages), before)
})

test('a run without a lock file gets the user’s packages, which is told of', async (t) => {
  const repo = repository(t)
    .write('.gitignore', 'node_modules/\npackage-lock.json\n')
    .write('train.js', script)
  useVersion(repo, '1.0.0', pack(t, '1.0.0', 2), 1)
  train(repo)
  const plan = await cli(repo.path, ['backfill', ...request, '--dry-run', '--install'])
  t.match(plan.stdout, /^note: [0-9a-f]{7} has no lock file: the packages of your working tree are used$/m)
  const { exitCode, stderr } = await cli(repo.path, ['backfill', ...request, '--yes', '--install'])
  t.equal(exitCode, 0, stderr)
})

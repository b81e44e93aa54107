import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chainingHook, hasBlock, newHook, withBlock, withoutBlock } from '../../../lib/git/hook-files.js'
import { HOOK_NAMES, installHooks, removeHooks } from '../../../lib/git/hooks.js'
import { initialize, undoInitialize } from '../../../lib/git/setup.js'
import { type Teardown, temporaryFolder } from '../../support/environment.js'
import { withoutLfs } from '../../support/git-lfs.js'
import { repository, type TestRepository } from '../../support/repository.js'

/** Puts a `git-flor` on the PATH that writes its arguments down and fails. Returns what it was called with. */
const recorder = (t: Teardown): (() => string[]) => {
  const folder = temporaryFolder(t)
  const told = join(folder, 'told')
  writeFileSync(join(folder, 'git-flor'), `#!/bin/sh\necho "$@" >> '${told}'\nexit 7\n`, { mode: 0o755 })
  const { PATH } = process.env
  process.env.PATH = `${folder}:${PATH}`
  t.teardown(() => {
    process.env.PATH = PATH
  })
  return () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : [])
}

/** Every hook file with its mode, link target and content. */
const hookFiles = (repo: TestRepository, folder = '.git/hooks') => {
  const files: Record<string, string> = {}
  for (const name of readdirSync(join(repo.path, folder)).sort()) {
    const path = join(repo.path, folder, name)
    const stat = lstatSync(path)
    if (stat.isDirectory()) files[name] = 'folder'
    else
      files[name] =
        `${stat.mode.toString(8)} ${stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'latin1')}`
  }
  return files
}

const pending = (repo: TestRepository) => repo.write('.git/flor/spool/one/events', '')

t.test('a block goes into a shell script and out again, to the byte', (t) => {
  const shim = '#!/bin/sh\necho ours\n'
  for (const hook of [
    '#!/bin/sh\nexit 1\n',
    '#!/usr/bin/env bash\nset -e',
    '#! /bin/sh -e\n\n\n',
    '#!/bin/sh\n\xff\xfe',
  ]) {
    const edited = withBlock(hook, shim) as string
    t.ok(hasBlock(edited))
    t.match(edited.split('\n')[2], /echo ours/)
    t.equal(withoutBlock(edited), hook)
  }
  for (const other of ['#!/usr/bin/env node\n', 'echo\n', '#!/bin/sh', '#!/bin/sh\r\nexit\r\n', '\x7fELF']) {
    t.equal(withBlock(other, shim), undefined)
  }
  t.equal(withoutBlock(newHook(shim)), undefined)
  t.equal(withoutBlock('#!/bin/sh\n'), '#!/bin/sh\n')
  t.ok(hasBlock(chainingHook(undefined, 'x')))
  t.end()
})

t.test('without hooks ours are added, once, and go without a trace', (t) => {
  const repo = repository(t).commit()
  const before = hookFiles(repo)
  t.same(
    installHooks(repo.location),
    HOOK_NAMES.map((name) => `hook ${name} added`),
  )
  const installed = hookFiles(repo)
  t.same(installHooks(repo.location), [])
  t.same(hookFiles(repo), installed)
  t.equal(removeHooks(repo.location).length, 5)
  t.same(removeHooks(repo.location), [])
  t.same(hookFiles(repo), before)
  t.end()
})

t.test('the command is called where there is something to do, and its failure is not git’s', (t) => {
  const repo = repository(t).commit()
  const told = recorder(t)
  installHooks(repo.location)
  repo.commit()
  t.same(told(), [], 'nothing is pending')
  pending(repo).commit()
  t.same(told(), ['hook post-commit'])
  repo.amend('amended')
  t.same(told(), ['hook post-commit', 'hook post-commit', 'hook post-rewrite amend'])
  const bare = repository(t, { bare: true })
  repo.do('remote', 'add', 'origin', bare.path).do('push', '-q', 'origin', 'main')
  t.equal(told().at(-1), `hook pre-push origin ${bare.path}`)
  t.equal(bare.oid('main'), repo.oid())
  t.end()
})

t.test('merges and checkouts do not wait', async (t) => {
  const repo = repository(t).commit().write('.git/flor/index/CURRENT', '')
  const told = recorder(t)
  installHooks(repo.location)
  repo.branch('other')
  for (let i = 0; i < 100 && (told()[0] ?? '') === ''; i++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(told()[0], /^hook post-checkout [0-9a-f]{40} [0-9a-f]{40} 1$/)
})

t.test('without the command hooks do nothing', (t) => {
  const repo = pending(repository(t).commit())
  installHooks(repo.location)
  repo.commit().write('f', 'f').commit()
  t.end()
})

t.test('hooks of every kind run behind ours as before, and are restored to the byte', (t) => {
  const repo = pending(
    repository(t).write('tools/hook.sh', '#!/bin/sh\necho link "$0" >> "$LOG"\n', 0o755).commit(),
  )
  const log = join(temporaryFolder(t), 'log')
  repo
    .write('.git/hooks/post-commit', '#!/bin/sh\necho sh "$0" "$@" >> "$LOG"\nexit 3\n', 0o755)
    .write(
      '.git/hooks/post-rewrite',
      '#!/usr/bin/env node\nrequire("fs").appendFileSync(process.env.LOG, "node " + require("path").basename(__filename) + " " + process.argv[2] + " " + require("fs").readFileSync(0).length + "\\n")\n',
      0o755,
    )
    .write('.git/hooks/post-merge', '#!/bin/sh\necho off >> "$LOG"\n', 0o644)
    .write('.git/hooks/pre-push', '#!/bin/sh\necho push "$@" >> "$LOG"; cat >> "$LOG"; exit 1\n', 0o755)
    .link('.git/hooks/post-checkout', '../../tools/hook.sh')
  process.env.LOG = log
  t.teardown(() => {
    delete process.env.LOG
  })
  const told = recorder(t)
  const before = hookFiles(repo)
  t.equal(installHooks(repo.location).length, 5)
  t.same(installHooks(repo.location), [])
  repo.amend('again').branch('other')
  const oid = repo.oid()
  repo.branch('main').do('merge', '-q', 'other')
  const bare = repository(t, { bare: true })
  t.throws(() => repo.git('push', '-q', bare.path, 'main'), 'the user’s own hook may still stop a push')
  const lines = readFileSync(log, 'utf8').split('\n')
  t.ok(lines.includes('sh .git/hooks/post-commit'))
  t.ok(lines.includes('node post-rewrite amend 82'), 'what git tells on stdin is the user’s')
  t.ok(lines.some((line) => /^link .*\/post-checkout$/.test(line)))
  t.notOk(lines.includes('off'), 'a hook that is switched off stays so')
  t.ok(lines.includes(`push ${bare.path} ${bare.path}`))
  t.ok(lines.includes(`refs/heads/main ${oid} refs/heads/main ${'0'.repeat(40)}`))
  t.ok(told().includes('hook post-rewrite amend'))
  t.equal(repo.read('tools/hook.sh'), '#!/bin/sh\necho link "$0" >> "$LOG"\n')
  t.equal(removeHooks(repo.location).length, 5)
  t.same(hookFiles(repo), before)
  t.end()
})

for (const [kind, make] of [
  [
    'husky’s folder in the working tree',
    (repo: TestRepository) => repo.config('core.hooksPath', '.husky/_') && '.husky/_',
  ],
  [
    'a folder of the user’s for all repositories',
    (repo: TestRepository, t: Teardown) => {
      const folder = temporaryFolder(t)
      repo.do('config', '--global', 'core.hooksPath', folder)
      t.teardown(() => repo.do('config', '--global', '--unset', 'core.hooksPath'))
      return folder
    },
  ],
] as const) {
  t.test(`${kind} is left alone and passed on to`, (t) => {
    const repo = pending(repository(t).commit())
    const told = recorder(t)
    const folder = make(repo, t)
    const root = folder.startsWith('/') ? folder : join(repo.path, folder)
    mkdirSync(root, { recursive: true })
    const hook = (name: string, text: string) =>
      writeFileSync(join(root, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    hook('post-commit', `echo "$0" >> '${repo.path}/.git/ran'`)
    hook('commit-msg', 'echo changed > "$1"')
    const before = repo.fingerprint()
    t.equal(installHooks(repo.location).length, 1)
    t.same(installHooks(repo.location), [])
    t.same({ ...repo.fingerprint(), 'git:config': '' }, { ...before, 'git:config': '' })
    repo.do('commit', '-q', '--allow-empty', '-m', 'x')
    t.equal(repo.git('show', '-s', '--format=%s'), 'changed')
    t.equal(repo.read('.git/ran'), `${folder}/post-commit\n`)
    t.same(told(), ['hook post-commit'])
    hook('pre-commit', 'exit 1')
    t.throws(() => repo.git('commit', '-q', '--allow-empty', '-m', 'x'), 'a hook that is added later counts')
    t.equal(removeHooks(repo.location).length, 1)
    t.equal(repo.fingerprint()['git:config'], before['git:config'])
    t.notOk(existsSync(join(repo.path, '.git/flor/hooks')))
    t.end()
  })
}

t.test('where hooks are switched off, ours run and nothing else', (t) => {
  const repo = pending(repository(t).commit()).config('core.hooksPath', '/dev/null')
  repo.write('.git/hooks/post-commit', `#!/bin/sh\necho no > '${repo.path}/.git/ran'\n`, 0o755)
  const told = recorder(t)
  const before = repo.fingerprint()
  t.equal(installHooks(repo.location).length, 1)
  repo.do('commit', '-q', '--allow-empty', '-m', 'x')
  t.same(told(), ['hook post-commit'])
  t.notOk(existsSync(join(repo.path, '.git/ran')))
  t.equal(removeHooks(repo.location).length, 1)
  t.equal(repo.fingerprint()['git:config'], before['git:config'])
  t.end()
})

t.test('a hook that somebody else put in the place of ours is theirs', (t) => {
  const repo = repository(t).commit()
  installHooks(repo.location)
  repo.write('.git/hooks/pre-push', '#!/bin/sh\nexit 0\n', 0o755)
  t.same(removeHooks(repo.location).length, 4)
  t.equal(repo.read('.git/hooks/pre-push'), '#!/bin/sh\nexit 0\n')
  t.end()
})

t.test('the hooks of git-lfs go on working', { skip: withoutLfs }, (t) => {
  const repo = repository(t).lfs().commit().do('lfs', 'install', '--local')
  const before = hookFiles(repo)
  installHooks(repo.location)
  const bare = repository(t, { bare: true })
  repo.write('.gitattributes', '*.x filter=lfs\n').write('a.x', 'content').commit()
  repo.do('remote', 'add', 'origin', bare.path).do('push', '-q', 'origin', 'main')
  t.ok(existsSync(join(bare.path, 'lfs/objects')))
  removeHooks(repo.location)
  t.same(hookFiles(repo), before)
  t.end()
})

t.test('hooks of a linked worktree are those of the repository', (t) => {
  const repo = repository(t).commit()
  const linked = join(temporaryFolder(t), 'linked')
  repo.do('worktree', 'add', '-q', linked)
  installHooks(repository(undefined, { path: linked }).location)
  t.ok(existsSync(join(repo.path, '.git/hooks/post-commit')))
  t.same(installHooks(repo.location), [])
  t.end()
})

t.test('every shim is a shell script without an exit', (t) => {
  const repo = repository(t).commit()
  installHooks(repo.location)
  for (const name of HOOK_NAMES) {
    t.notMatch(repo.read(`.git/hooks/${name}`), /\bexit\b/)
    chmodSync(join(repo.path, '.git/hooks', name), 0o755)
  }
  t.end()
})

t.test('initialize adds hooks and refspecs once; undo leaves the clone as it was', async (t) => {
  const bare = repository(t, { bare: true })
  const repo = repository(t)
    .write('f', 'f')
    .commit()
    .do('remote', 'add', 'origin', bare.path)
    .do('remote', 'add', 'team/x', bare.path)
  repo.do('remote', 'add', '--mirror=push', 'mirror', bare.path)
  const before = repo.fingerprint()
  t.equal((await initialize(repo.location)).length, 11)
  t.same(await initialize(repo.location), [])
  t.same(repo.git('config', '--get-all', 'remote.origin.fetch').split('\n'), [
    '+refs/heads/*:refs/remotes/origin/*',
    '+refs/notes/flor/*:refs/flor/remotes/origin/notes/*',
    '+refs/flor/runs/*:refs/flor/remotes/origin/runs/*',
    '+refs/notes/flor-summary/*:refs/flor/remotes/origin/summaries/*',
  ])
  repo
    .do('update-ref', 'refs/notes/flor/w', 'HEAD')
    .do('push', '-q', 'origin', 'refs/notes/flor/w', 'main')
    .do('fetch', '-q', 'team/x')
  t.equal(repo.oid('refs/flor/remotes/team/x/notes/w'), repo.oid())
  t.equal((await undoInitialize(repo.location)).length, 11)
  t.same(await undoInitialize(repo.location), [])
  t.same(repo.fingerprint(), before)
})

import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { locateRepositorySync, type RepositoryLocation } from '../../lib/git/location.js'
import { asOid, type Oid } from '../../lib/model/oid.js'
import { type Teardown, temporaryFolder } from './environment.js'

/** How a repository starts. */
export interface RepositoryOptions {
  readonly bare?: boolean
  readonly objectFormat?: 'sha1' | 'sha256'
  /** Where to make it; a new temporary folder where absent. */
  readonly path?: string
}

/**
 * A real repository in a temporary folder, told as a story: `repository(t).write('train.js', '…').commit('first')`.
 * Identity, clock (a minute a commit), HOME and configuration are fixed by importing this file.
 */
export class TestRepository {
  #minutes = 0

  constructor(readonly path: string) {}

  /** Writes a working file, its folders included. */
  write(path: string, content: string | Uint8Array, mode?: number): this {
    const file = join(this.path, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    if (mode !== undefined) chmodSync(file, mode)
    return this
  }

  link(path: string, target: string): this {
    mkdirSync(dirname(join(this.path, path)), { recursive: true })
    symlinkSync(target, join(this.path, path))
    return this
  }

  remove(path: string): this {
    rmSync(join(this.path, path), { recursive: true, force: true })
    return this
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8')
  }

  /** Commits everything, as `git add -A` sees it. An empty commit is one, too. */
  commit(message = 'a commit'): this {
    return this.do('add', '-A').do('commit', '-q', '--allow-empty', '-m', message)
  }

  amend(message?: string): this {
    return this.do('add', '-A').do(
      'commit',
      '-q',
      '--amend',
      '--allow-empty',
      ...(message === undefined ? ['--no-edit'] : ['-m', message]),
    )
  }

  /** Goes to a branch, making it where it does not exist. */
  branch(name: string): this {
    const exists = this.git('for-each-ref', `refs/heads/${name}`) !== ''
    return exists ? this.do('switch', '-q', name) : this.do('switch', '-q', '-c', name)
  }

  config(key: string, value: string): this {
    return this.do('config', key, value)
  }

  /** The filter settings of `git lfs install`, in this repository alone and without its hooks. */
  lfs(): this {
    return this.config('filter.lfs.clean', 'git-lfs clean -- %f')
      .config('filter.lfs.smudge', 'git-lfs smudge -- %f')
      .config('filter.lfs.process', 'git-lfs filter-process')
      .config('filter.lfs.required', 'true')
  }

  /** Runs git here and goes on with the story. @throws the failure of execFileSync */
  do(...args: string[]): this {
    this.git(...args)
    return this
  }

  /** Runs git here. Returns stdout without the last newline. @throws the failure of execFileSync */
  git(...args: string[]): string {
    return this.gitBytes(...args)
      .toString()
      .replace(/\n$/, '')
  }

  gitBytes(...args: string[]): Buffer {
    return execFileSync('git', args, {
      cwd: this.path,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    })
  }

  /** Runs a node program of the repository to its end, whatever its exit code. */
  run(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, [script, ...args], {
      cwd: this.path,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    })
  }

  oid(revision = 'HEAD'): Oid {
    return asOid(this.git('rev-parse', '--verify', revision))
  }

  /** Paths of a revision's tree, sorted. */
  paths(revision: string): string[] {
    return this.git('ls-tree', '-r', '-z', '--name-only', revision).split('\0').filter(Boolean)
  }

  get location(): RepositoryLocation {
    return locateRepositorySync(this.path)
  }

  clone(t: Teardown | undefined, ...options: string[]): TestRepository {
    const path = temporaryFolder(t)
    execFileSync('git', ['clone', '-q', ...options, this.path, path], { stdio: ['ignore', 'pipe', 'pipe'] })
    return new TestRepository(path)
  }

  /** Every file of the working tree, the index, HEAD, and the user's refs and configuration, each with its digest and mode. */
  fingerprint(): Record<string, string> {
    const files: Record<string, string> = {}
    const walk = (folder: string) => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        const name = relative(this.path, path)
        if (name === '.git') continue
        if (entry.isDirectory()) walk(path)
        else files[name] = digest(path)
      }
    }
    walk(this.path)
    for (const name of ['HEAD', 'index', 'config', 'info/exclude']) {
      const path = this.git('rev-parse', '--git-path', name)
      files[`git:${name}`] = digest(join(path.startsWith('/') ? '' : this.path, path))
    }
    files['git:refs'] = this.git('for-each-ref', 'refs/heads', 'refs/tags', 'refs/stash')
    return files
  }

  private environment(): NodeJS.ProcessEnv {
    const date = `${1_700_000_000 + 60 * this.#minutes++} +0200`
    return { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
  }
}

/** A new repository; removed with the test. */
export function repository(t?: Teardown, options: RepositoryOptions = {}): TestRepository {
  const path = options.path ?? temporaryFolder(t)
  const flags = [
    ...(options.bare ? ['--bare'] : []),
    ...(options.objectFormat ? [`--object-format=${options.objectFormat}`] : []),
  ]
  execFileSync('git', ['init', '-q', ...flags, path], { stdio: ['ignore', 'pipe', 'pipe'] })
  return new TestRepository(path)
}

function digest(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 'absent'
  const content = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path)
  return `${stat.mode.toString(8)} ${createHash('sha256').update(content).digest('hex')}`
}

import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoopPlan, ReplayPlan, RestorableCheckpoint } from '../../lib/model/plan.js'
import type { Checkpoint, RunEnd, RunHeader } from '../../lib/model/run.js'
import type { LogValue } from '../../lib/model/value.js'
import type { SpoolEvent } from '../../lib/segment/spool-event.js'
import { readSpool, type SpoolContents } from '../../lib/segment/spool-reader.js'
import { encodeDocument } from '../../lib/segment/value-codec.js'

const runtime = new URL('../../lib/runtime/index.js', import.meta.url)
const top = findTop(fileURLToPath(import.meta.url))

/** What a script did. */
export interface Outcome {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A value and the iterations that it was logged in, as text: `epoch=1/step=0`. */
export interface LoggedValue {
  readonly at: string
  readonly name: string
  readonly value: LogValue
}

/** A repository in a temporary folder that scripts with `import … from 'git-flor'` run in. */
export class TrainingFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'flor-record-')))

  /** `isRepository: false` leaves it a plain folder. */
  constructor(options: { isRepository?: boolean } = {}) {
    const modules = join(this.path, 'node_modules')
    mkdirSync(join(modules, 'git-flor'), { recursive: true })
    writeFileSync(join(modules, 'git-flor/package.json'), '{"type":"module","exports":"./index.js"}')
    writeFileSync(join(modules, 'git-flor/index.js'), `export * from '${runtime.href}'\n`)
    symlinkSync(join(top, 'node_modules/@tensorflow'), join(modules, '@tensorflow'))
    if (options.isRepository === false) return
    this.git('init', '--quiet', '--initial-branch=main')
    this.write('.gitignore', 'node_modules/\n')
    this.commit('start')
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: this.path,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CEILING_DIRECTORIES: tmpdir(),
      GIT_AUTHOR_NAME: 'A U Thor',
      GIT_AUTHOR_EMAIL: 'author@example.com',
      GIT_COMMITTER_NAME: 'A U Thor',
      GIT_COMMITTER_EMAIL: 'author@example.com',
      FLOR_SEAL: 'later',
    }
  }

  write(path: string, text: string): this {
    writeFileSync(join(this.path, path), text)
    return this
  }

  /** Takes a script of test/e2e/fixtures over as `train.mjs`, and commits it. */
  useFixture(name: string): this {
    const text = readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
    return this.write('train.mjs', text).commit('train')
  }

  commit(message: string): this {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--message', message)
    return this
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.path, env: this.environment, encoding: 'utf8' })
  }

  /** Runs `node <arguments>` and waits. */
  node(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = this.path): Outcome {
    const child = spawnSync(process.execPath, args, {
      cwd,
      env: { ...this.environment, ...env },
      encoding: 'utf8',
      timeout: 60_000,
    })
    return { exitCode: child.status, signal: child.signal, stdout: child.stdout, stderr: child.stderr }
  }

  /** Runs a script given as text. */
  run(text: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Outcome {
    this.write('script.mjs', text)
    return this.node(['script.mjs', ...args], env)
  }

  /** The spools in the repository, oldest first. */
  spools(): SpoolContents[] {
    const root = join(this.path, '.git/flor/spool')
    return readdirSync(root)
      .sort()
      .map((id) => readSpool(join(root, id)))
  }

  /** Events of the newest run. */
  events(): SpoolEvent[] {
    return [...(this.spools().at(-1)?.events ?? [])]
  }

  /** Runs `train.mjs` after a plan; returns what it logged. */
  replay(
    loops: readonly LoopPlan[],
    recorded = this.events(),
    env: NodeJS.ProcessEnv = {},
  ): Outcome & { events: SpoolEvent[] } {
    const header = headerOf(recorded)
    const spool = mkdtempSync(join(this.path, '.git/replay-'))
    const plan: ReplayPlan = {
      version: 1,
      spool,
      run: header.run,
      patched: header.run,
      level: 'run',
      args: Object.fromEntries(recorded.flatMap((it) => (it.op === 'arg' ? [[it.name, it.value]] : []))),
      ...(header.generator === undefined ? {} : { generator: header.generator }),
      loops,
    }
    const file = join(spool, 'plan.msgpack')
    writeFileSync(file, encodeDocument(plan))
    const outcome = this.node([header.script as string], { ...env, FLOR_REPLAY: file })
    return { ...outcome, events: [...readSpool(spool).events] }
  }

  /** A recorded checkpoint as a plan names it. */
  restorable(checkpoint: Checkpoint): RestorableCheckpoint {
    const { point, state, generator } = checkpoint
    const files = checkpoint.files.map(({ name, sha256 }) => ({
      name,
      path: join(this.path, '.git/lfs/objects', sha256.slice(0, 2), sha256.slice(2, 4), sha256),
    }))
    return { point, files, state, ...(generator === undefined ? {} : { generator }) }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Every logged value, with its place. */
export function valuesOf(events: Iterable<SpoolEvent>): LoggedValue[] {
  const open: { loop: string; index: number | undefined }[] = []
  const values: LoggedValue[] = []
  for (const event of events) {
    const top = open.at(-1)
    if (event.op === 'loop-enter') {
      open.push({ loop: event.pass === 0 ? event.loop : `${event.loop}#${event.pass}`, index: undefined })
    } else if (event.op === 'loop-exit') open.pop()
    else if (event.op === 'iteration-begin' && top !== undefined) top.index = event.index
    else if (event.op === 'iteration-end' && top !== undefined) top.index = undefined
    else if (event.op === 'record') {
      const inside = open.filter(({ index }) => index !== undefined)
      const at = inside.map(({ loop, index }) => `${loop}=${index}`).join('/')
      values.push({ at, name: event.name, value: event.value })
    }
  }
  return values
}

export function checkpointsOf(events: Iterable<SpoolEvent>): Checkpoint[] {
  return [...events].flatMap((event) => (event.op === 'checkpoint' ? [event.checkpoint] : []))
}

export function headerOf(events: Iterable<SpoolEvent>): RunHeader {
  for (const event of events) if (event.op === 'header') return event.header
  throw new Error('no header')
}

export function endOf(events: Iterable<SpoolEvent>): RunEnd | undefined {
  for (const event of events) if (event.op === 'end') return event.end
  return undefined
}

export function warningsOf(events: Iterable<SpoolEvent>): string[] {
  return [...events].flatMap((event) => (event.op === 'warning' ? [event.text] : []))
}

function findTop(path: string): string {
  for (let folder = join(path, '..'); ; folder = join(folder, '..')) {
    const modules = readdirSync(folder).includes('node_modules')
    if (modules) return folder
    if (folder === '/') throw new Error('no node_modules found')
  }
}

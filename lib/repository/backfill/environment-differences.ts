import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunEntry } from '../../db/run-entry.js'
import { findEntry } from '../../git/tree-editor.js'
import type { Oid, RunOid } from '../../model/oid.js'
import type { RunHeader } from '../../model/run.js'
import { findUp, readPackage } from '../../runtime/project.js'
import type { FlorRepository } from '../flor-repository.js'

/** One way in which replays will not run as their runs did, and the runs that it concerns, in the order of the plan. */
export type EnvironmentDifference = { readonly runs: readonly RunOid[] } & Difference

type Difference =
  /** Another version of Node, another platform, or another architecture than that of this process. */
  | { readonly kind: 'node' | 'os' | 'arch'; readonly recorded: string; readonly current: string }
  /** Other packages than those of the working tree: by the lock file, by what was installed, or both. */
  | {
      readonly kind: 'packages'
      readonly lockFile?: { readonly path: string; readonly recorded: Oid; readonly current?: Oid }
      /** `current` is absent for what is not installed. */
      readonly versions: readonly {
        readonly name: string
        readonly recorded: string
        readonly current?: string
      }[]
    }
  /** There is nothing to install by, though that was asked for: the working tree's packages are used. */
  | { readonly kind: 'no-lock-file' }
  /** Packages of the run's lock file that run scripts as they are installed, which those of a replay do not. */
  | { readonly kind: 'install-scripts'; readonly path: string; readonly names: readonly string[] }

/** Facts of a header's `versions` that are no packages; the runtime is always that of the working tree. */
const NO_PACKAGES = new Set(['node', 'os', 'arch', 'git-flor'])

/**
 * Compares what runs recorded of their environment with this process, and with the working tree's lock file (in `tree`) and installed
 * packages. `installs`: whether replays will get the packages of their own lock files.
 */
export async function findDifferences(
  repository: FlorRepository,
  entries: readonly RunEntry[],
  { tree, installs }: { readonly tree: Oid; readonly installs: boolean },
): Promise<EnvironmentDifference[]> {
  const now = new WorkingTree(repository, tree)
  const found = new Map<string, { readonly difference: Difference; readonly runs: RunOid[] }>()
  for (const { run, header } of entries) {
    const differences = [...processDifferences(header), ...(await packageDifferences(header, now, installs))]
    for (const difference of differences) {
      const key = JSON.stringify(difference)
      const before = found.get(key)
      if (before === undefined) found.set(key, { difference, runs: [run] })
      else before.runs.push(run)
    }
  }
  return [...found.values()].map(({ difference, runs }) => ({ ...difference, runs }))
}

function processDifferences({ versions }: RunHeader): Difference[] {
  const current = { node: process.versions.node, os: process.platform, arch: process.arch }
  return (['node', 'os', 'arch'] as const).flatMap((kind) => {
    const recorded = versions[kind]
    return recorded === undefined || recorded === current[kind]
      ? []
      : [{ kind, recorded, current: current[kind] }]
  })
}

async function packageDifferences(
  header: RunHeader,
  now: WorkingTree,
  installs: boolean,
): Promise<Difference[]> {
  if (installs) {
    if (header.lockFile === undefined) return [{ kind: 'no-lock-file' }]
    const names = await now.withInstallScripts(header.lockFile)
    return names.length === 0 ? [] : [{ kind: 'install-scripts', path: header.lockFile.path, names }]
  }
  const lockFile = header.lockFile && (await now.otherLockFile(header.lockFile))
  const versions = Object.entries(header.versions).flatMap(([name, recorded]) => {
    if (NO_PACKAGES.has(name)) return []
    const current = now.installed(header.script, name)
    if (current === recorded) return []
    return [current === undefined ? { name, recorded } : { name, recorded, current }]
  })
  if (lockFile === undefined && versions.length === 0) return []
  return [{ kind: 'packages', ...(lockFile === undefined ? {} : { lockFile }), versions }]
}

/** What the user's working tree has, and what lock files say, each thing looked up once. */
class WorkingTree {
  readonly #scripted = new Map<string, readonly string[]>()
  readonly #lockFiles = new Map<string, Oid | undefined>()
  readonly #installed = new Map<string, string | undefined>()

  constructor(
    private readonly repository: FlorRepository,
    private readonly tree: Oid,
  ) {}

  /** The run's lock file and today's; undefined when they are the same. */
  async otherLockFile({ path, oid }: NonNullable<RunHeader['lockFile']>) {
    if (!this.#lockFiles.has(path)) {
      const entry = await findEntry(await this.repository.objects(), this.tree, path)
      this.#lockFiles.set(path, entry?.oid)
    }
    const current = this.#lockFiles.get(path)
    if (current === oid) return undefined
    return { path, recorded: oid, ...(current === undefined ? {} : { current }) }
  }

  /** Packages that npm's lock file says to run scripts; other package managers' do not tell. */
  async withInstallScripts({ path, oid }: NonNullable<RunHeader['lockFile']>): Promise<readonly string[]> {
    const known = this.#scripted.get(oid)
    if (known !== undefined || !path.endsWith('.json')) return known ?? []
    const [blob] = await (await this.repository.objects()).readBlobs([oid])
    const names = blob === undefined ? [] : scriptedPackages(Buffer.from(blob).toString())
    this.#scripted.set(oid, names)
    return names
  }

  /** The version of a package beside the package.json that is nearest to the script: where a run looks, too. */
  installed(script: string | undefined, name: string): string | undefined {
    const top = this.repository.location.topLevel
    if (top === undefined) return undefined
    const start = join(top, dirname(script ?? '.'))
    const key = `${start}\0${name}`
    if (!this.#installed.has(key)) {
      const folder = findUp(start, (path) => path === top || existsSync(join(path, 'package.json'))) ?? top
      const { version } = readPackage(join(folder, 'node_modules', name))
      this.#installed.set(key, typeof version === 'string' ? version : undefined)
    }
    return this.#installed.get(key)
  }
}

/** Names in npm's lock file that have `hasInstallScript`, sorted. */
function scriptedPackages(text: string): string[] {
  let packages: Readonly<Record<string, { readonly hasInstallScript?: boolean } | null>>
  try {
    packages = (JSON.parse(text) as { packages?: typeof packages }).packages ?? {}
  } catch {
    return []
  }
  const names = Object.entries(packages)
    .filter(([path, it]) => path.includes('node_modules/') && it?.hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  return [...new Set(names)].sort()
}

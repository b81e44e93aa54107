import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** How the packages of a lock file are installed. */
export interface InstallCommand {
  readonly program: string
  readonly args: readonly string[]
}

/**
 * The command that installs exactly what a lock file names, development packages included, without running any package's scripts: those of the
 * project itself may change the user's configuration (hooks managers do), and the others would be code that nothing was asked about. Undefined
 * for a lock file of another manager than npm, pnpm and yarn.
 */
export function installCommand(folder: string, lockFile: string): InstallCommand | undefined {
  switch (basename(lockFile)) {
    case 'package-lock.json':
    case 'npm-shrinkwrap.json':
      return {
        program: 'npm',
        args: ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--no-progress'],
      }
    case 'pnpm-lock.yaml':
      return {
        program: 'pnpm',
        args: ['install', '--frozen-lockfile', '--ignore-scripts', '--prod=false', '--reporter=append-only'],
      }
    case 'yarn.lock':
      return { program: 'yarn', args: isBerry(folder) ? berry : classic }
    default:
      return undefined
  }
}

const classic = [
  'install',
  '--frozen-lockfile',
  '--ignore-scripts',
  '--production=false',
  '--non-interactive',
]
const berry = ['install', '--immutable', '--mode=skip-build']

/** Yarn from version 2 on writes `__metadata` into its lock files. */
function isBerry(folder: string): boolean {
  const path = join(folder, 'yarn.lock')
  return existsSync(path) && /^__metadata:/m.test(readFileSync(path, 'utf8'))
}

/** The user's environment without what a package manager that runs this process tells its children about its own project. */
export function installEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign =
    /^(GIT_|FLOR($|_)|npm_(package|lifecycle)_|npm_config_local_prefix$|npm_command$|INIT_CWD$|NODE_ENV$)/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)))
}

import { commandOf } from '../../git/process.js'
import type { FlorErrorCode } from '../../model/errors.js'

/** Exit codes of every command: the same as those of Git where Git has one. */
export const ExitCode = {
  ok: 0,
  /** An expected failure; `propagate` declined; `verify` found damage. */
  failed: 1,
  /** A backfill that got only part of what it was asked for. */
  partial: 2,
  /** `git flor run` of a file that cannot be executed, and of a command that there is not: as a shell, and env(1), answer. */
  commandNotExecutable: 126,
  commandNotFound: 127,
  /** Nothing can work here: no repository, no git. */
  fatal: 128,
  usage: 129,
  interrupted: 130,
  brokenPipe: 141,
} as const

/** What the command line makes of an error code: an exit code, and the next command to type. */
export interface Advice {
  readonly exitCode: number
  readonly hint?: string
}

type Facts = Readonly<Record<string, unknown>>

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const failed = (hint?: string): Advice => ({
  exitCode: ExitCode.failed,
  ...(hint === undefined ? {} : { hint }),
})
const fatal = (hint?: string): Advice => ({
  exitCode: ExitCode.fatal,
  ...(hint === undefined ? {} : { hint }),
})

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((it) => typeof it === 'string') : []

/** One entry for every code: the type checker refuses a code that is missing here. */
const ADVICE: Readonly<Record<FlorErrorCode, (facts: Facts) => Advice>> = {
  NOT_A_REPOSITORY: (facts) =>
    fatal(
      text(facts.gitDir) !== undefined
        ? 'unset GIT_DIR    has git look for the repository around the current folder'
        : 'git init    makes this folder a repository; git -C <folder> flor … works in another',
    ),
  BARE_REPOSITORY: (facts) =>
    fatal(
      facts.inside === true
        ? 'cd <folder>    of the working tree whose repository this is, then try again'
        : 'git clone <this repository> <folder>    gives you a working tree',
    ),
  GIT_FAILED: (facts) => fatal(gitHint(facts)),
  GIT_MISSING: () => fatal('git --version    must work first: https://git-scm.com/downloads'),
  GIT_TOO_OLD: () => fatal('git --version    tells which git is found first in PATH'),
  OBJECT_MISSING: () =>
    failed('git flor fetch    brings what other clones have; git fsck tells what else is missing'),
  OBJECT_CORRUPT: () => fatal('git fsck --full    lists every damaged object'),
  REF_CONTENDED: () => failed('try again: another process kept changing the same refs'),
  LFS_MISSING: () => failed('git lfs version    must work first: https://git-lfs.com'),
  LFS_FAILED: () => failed('git lfs env    shows the endpoint and the settings in use'),
  LFS_OBJECT_MISSING: () =>
    failed('git flor push    in the clone that trained the run uploads its checkpoints'),
  RUN_NOT_FOUND: (facts) =>
    failed(
      suggestion(facts, (name) => `git flor show ${name}`) ?? 'git flor log --oneline    lists all runs',
    ),
  BACKFILL_NOT_FOUND: () =>
    failed('git flor show <run>    lists the backfills of a run; failures are named when they happen'),
  RUN_AMBIGUOUS: () => failed('give more digits of the run'),
  REVISION_NOT_FOUND: () =>
    fatal('git log --oneline    lists commits; revisions look like main, HEAD~2, v1.0..main or an oid'),
  NO_RUNS: () =>
    failed(
      'git flor run -- node train.js    records a run; a script that imports git-flor needs only to be started',
    ),
  NAME_NOT_FOUND: (facts) =>
    failed(
      suggestion(facts, (name) => `git flor log ${name}`) ??
        'git flor log -n 1    shows names that are logged',
    ),
  PREDICATE_SYNTAX: () =>
    failed("git flor log loss --where 'lr > 0.01 and epoch >= 5'    is how a predicate looks"),
  PREDICATE_TYPE: () =>
    failed("write texts in single quotes, numbers without: status = 'failed' and lr > 0.01"),
  SQL_FAILED: (facts) => failed(sqlHint(facts)),
  DUCKDB_MISSING: () =>
    failed(
      'npm install --save-dev @duckdb/node-api    in the project, or npm install -g @duckdb/node-api beside a global git-flor',
    ),
  SEGMENT_CORRUPT: () => failed('git flor verify    lists everything that cannot be read'),
  SEGMENT_TOO_NEW: () => failed('npm install -g git-flor@latest    reads what a newer git-flor wrote'),
  SPOOL_CORRUPT: () => failed('git flor verify    lists everything that cannot be read'),
  INDEX_LOCKED: () => failed('try again when the other git flor command has ended'),
  INDEX_TOO_NEW: () => failed('git flor reindex    rebuilds the index for this version'),
  STATEMENT_NOT_FOUND: (facts) =>
    failed(
      suggestion(facts, (name) => `git flor backfill ${name}`) ??
        "add flor.log('<name>', <value>) to the script in your working tree, then try again",
    ),
  STATEMENT_AMBIGUOUS: () => failed('git flor propagate --line <n> …    names one of them'),
  EXPRESSION_INVALID: (facts) =>
    failed(
      text(facts.name) !== undefined
        ? `import or declare ${facts.name} in the script first: an expression brings nothing along`
        : "git flor backfill 'norm(weights) as wnorm' --at train.js:42    is how an expression is given",
    ),
  PLACE_NOT_FOUND: () =>
    failed('--at <file>:<line> is the place before a statement; --in <loop> the end of a loop’s body'),
  SOURCE_SYNTAX: (facts) => failed(text(facts.path) && `correct ${facts.path} first, then try again`),
  LANGUAGE_UNSUPPORTED: () =>
    failed('JavaScript and TypeScript files are understood: .js .mjs .cjs .jsx .ts .mts .cts .tsx'),
  PLAN_INVALID: () => failed('git flor backfill --dry-run <names>    makes a new plan'),
  REPLAY_FAILED: (facts) => failed(replayHint(facts)),
  INSTALL_FAILED: () => failed('leave --install out to replay with the packages of your working tree'),
  NOT_TRUSTED: (facts) =>
    failed(
      `git config --add flor.trust ${list(facts.writers)[0] ?? '<writer>'}    agrees to run code that this writer recorded`,
    ),
  NOT_CONFIRMED: () => failed('add --yes to start without being asked, or --dry-run to see the plan only'),
  REMOTE_MISSING: () => failed('git remote -v    lists the remotes; git remote add origin <url> adds one'),
  PUSH_REJECTED: () => failed('git flor fetch && git flor push    takes in what is there first'),
  CONFIG_INVALID: (facts) =>
    fatal(text(facts.key) && `git config --show-origin ${facts.key}    shows where the value comes from`),
  FILE_EXISTS: (facts) =>
    failed(
      facts.needed === 'folder'
        ? `mv '${facts.path}' '${facts.path}.old'    moves away what is there`
        : 'give another path, or move the file away',
    ),
  FILE_UNREADABLE: () => failed(),
  COMMAND_NOT_FOUND: () => ({ exitCode: ExitCode.commandNotFound }),
  COMMAND_NOT_EXECUTABLE: (facts) => ({
    ...failed(executableHint(facts)),
    exitCode: ExitCode.commandNotExecutable,
  }),
  OUTPUT_FAILED: () => fatal(),
  USAGE: (facts) => ({ exitCode: ExitCode.usage, hint: usageHint(facts) }),
  INTERRUPTED: () => ({ exitCode: ExitCode.interrupted }),
  UNSUPPORTED: () => failed(),
}

/** The advice for an error code and its facts; a command that knows better says so in `facts.hint`. */
export function adviceFor(code: FlorErrorCode, facts: Facts): Advice {
  const advice = ADVICE[code](facts)
  const hint = text(facts.hint)
  return hint === undefined ? advice : { ...advice, hint }
}

/** `did you mean` for the nearest of the candidates that the library found. */
function suggestion(facts: Facts, command: (name: string) => string): string | undefined {
  const nearest = list(facts.nearest ?? facts.suggestions ?? facts.candidates)
  return nearest[0] === undefined ? undefined : `did you mean ${nearest[0]}?    ${command(nearest[0])}`
}

function replayHint(facts: Facts): string {
  const missing = text(facts.missing) ?? text(facts.missingFile)
  if (missing !== undefined) {
    return `git config --add flor.link ${missing}    gives replays this ignored path of your working tree`
  }
  const run = text(facts.run)
  return `git flor backfill --explain ${run?.slice(0, 7) ?? '<run>'}    shows what was tried there`
}

function sqlHint(facts: Facts): string {
  const details = list(facts.details).join('\n')
  return /operations are disabled by configuration|extensions is disabled/.test(
    `${text(facts.message) ?? ''}${details}`,
  )
    ? 'git flor query --allow-files …    lets a statement read and write files'
    : 'git flor query --schema    lists all relations and their columns'
}

/** Talking to a remote fails for other reasons than work on one's own repository. */
function gitHint(facts: Facts): string {
  const command = commandOf(list(facts.argv).slice(1))
  const folder = /safe\.directory (\S+)/.exec(text(facts.stderr) ?? '')?.[1]
  if (folder !== undefined)
    return `git config --global --add safe.directory ${folder}    says that you trust this repository`
  return ['fetch', 'push', 'ls-remote'].includes(command)
    ? 'git remote -v    shows the addresses of the remotes; is this one right, and can it be reached?'
    : 'git fsck    tells whether the repository itself is sound'
}

/** A script without its execute bit is what it is most of the time. */
function executableHint(facts: Facts): string | undefined {
  const path = text(facts.path)
  return path !== undefined && facts.reason === 'EACCES'
    ? `chmod +x ${path}    makes it a program; or name the one that reads it: git flor run -- <program> ${path}`
    : undefined
}

function usageHint(facts: Facts): string {
  const command = text(facts.command)
  const help = command === undefined ? 'git flor -h' : `git flor ${command} -h`
  const near = text(facts.near)
  return near === undefined ? help : `did you mean ${near}?    ${help}`
}

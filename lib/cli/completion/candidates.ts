import type { RunEntry } from '../../db/run-entry.js'
import type { RunIndex } from '../../db/run-index.js'
import { inRepository, type RepositoryLocation } from '../../git/location.js'
import { git, splitItems } from '../../git/process.js'
import { AGGREGATES, type Aggregate, formatUse } from '../../query/expression.js'
import { ATTRIBUTE_NAMES } from '../../query/run-attributes.js'
import { peekIndex } from '../../repository/peek-index.js'
import type { Command } from '../command.js'
import { COMMANDS } from '../commands/index.js'
import { relativeTime } from '../render/time.js'
import { formatAssignment } from '../render/value.js'
import { truncate } from '../render/width.js'
import type { CompletionRequest } from './request.js'

/** Something that could stand there, and what a shell shows beside it. */
export interface Candidate {
  readonly text: string
  readonly about: string
}

/** What a shell is to offer: these, and files as well where `takesFiles`. */
export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly takesFiles: boolean
}

/** What completing needs to know of its surroundings. */
export interface CompletionPlace {
  /** The repository; undefined outside of any. Asked for only where something in it could be meant. */
  readonly locate: () => RepositoryLocation | undefined
  readonly nowMs: number
}

/** Runs that are offered where nothing was typed yet: as many as fit on a screen. */
const MOST_RUNS = 40
const LONGEST_ABOUT = 60
/** More digits than a list of runs shows: runs that are not offered are not asked whether they begin alike. */
const RUN_DIGITS = 10
const FILES = new Set(['file', 'path', 'dir', 'file or folder', 'command', 'argument', 'place'])
const REVISIONS = new Set(['rev', 'revision', 'revision-range', 'range', 'commit', 'run'])
const NAMES = new Set(['name', 'expr', 'expression', 'column', 'key', 'predicate'])
const HOOK_NAMES = ['post-commit', 'post-rewrite', 'post-merge', 'post-checkout', 'pre-push']
const GLOBAL_OPTIONS: readonly Candidate[] = [
  { text: '-C', about: 'run as if started in that folder' },
  { text: '--git-dir', about: 'the repository' },
  { text: '--paginate', about: 'use the pager' },
  { text: '--version', about: 'print the version' },
]
const SHARED_OPTIONS: readonly Candidate[] = [
  { text: '--no-pager', about: 'do not use the pager' },
  { text: '--color', about: 'colour, wherever output goes' },
  { text: '--no-color', about: 'no colour' },
  { text: '--help', about: 'open the manual' },
]

/** Finds what fits. Reads the index as it is, and refs; writes nothing. Texts that hold control characters or line ends are left out. */
export async function findCandidates(
  { wanted, before, prefix }: CompletionRequest,
  place: CompletionPlace,
): Promise<Completion> {
  const answer = (found: readonly Candidate[], takesFiles = false): Completion => ({
    candidates: found
      .filter(({ text }) => text.startsWith(prefix) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
      .map(({ text, about }) => ({ text: before + text, about: about.replace(/\p{Cc}/gu, ' ') })),
    takesFiles,
  })
  switch (wanted.kind) {
    case 'command': {
      const shown = COMMANDS.filter((entry) => entry.isHidden !== true)
      return answer([
        ...shown.map(({ name, summary }) => ({ text: name, about: summary })),
        { text: 'help', about: 'open the manual of a command' },
      ])
    }
    case 'global-option':
      return answer([...GLOBAL_OPTIONS, ...SHARED_OPTIONS])
    case 'option':
      return answer([...optionsOf(wanted.command), ...SHARED_OPTIONS])
    case 'one-of':
      return answer(wanted.words.map((text) => ({ text, about: '' })))
    case 'value': {
      const of = new Set(wanted.of)
      const takesFiles = wanted.of.some((kind) => FILES.has(kind))
      return answer(await valuesOf(of, prefix, place), takesFiles)
    }
  }
}

function optionsOf(command: Command): Candidate[] {
  return Object.entries(command.options)
    .filter(([, spec]) => spec.hidden !== true)
    .map(([name, spec]) => ({
      text: spec.type === 'boolean' && spec.default === true ? `--no-${name}` : `--${name}`,
      about: spec.describe,
    }))
}

async function valuesOf(
  of: ReadonlySet<string>,
  prefix: string,
  { locate, nowMs }: CompletionPlace,
): Promise<Candidate[]> {
  const found: Candidate[] = []
  const plain = (texts: readonly string[], about = ''): void => {
    for (const text of texts) found.push({ text, about })
  }
  if (of.has('shell')) plain(['bash', 'zsh', 'fish'])
  if (of.has('hook name')) plain(HOOK_NAMES)
  const takesNames = [...NAMES].some((kind) => of.has(kind))
  const takesRevisions = [...REVISIONS].some((kind) => of.has(kind))
  const head = of.has('revision-range') ? /^(?:.*\.\.\.?|\^)/.exec(prefix)?.[0] : undefined
  if (head !== undefined) {
    const location = locate()
    return location === undefined ? [] : await revisionsOf(location, head)
  }
  if (!takesNames && !takesRevisions && !of.has('remote')) return found
  const location = locate()
  if (location === undefined) return found
  if (of.has('run')) found.push({ text: 'latest', about: 'the newest run' })
  if (of.has('run') || takesNames) {
    const fromIndex = await peekIndex(location, async (index) => [
      ...(of.has('run') ? await runsOf(index, prefix, nowMs) : []),
      ...(takesNames ? await namesOf(index, prefix, of) : []),
    ])
    found.push(...(fromIndex ?? []))
  }
  if (of.has('remote')) plain(await lines(location, ['remote']), 'remote')
  if (takesRevisions) found.push(...(await revisionsOf(location, '')))
  return found
}

/** Branches and tags, behind what a range begins with. */
async function revisionsOf(location: RepositoryLocation, head: string): Promise<Candidate[]> {
  const args = ['for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/tags', 'refs/remotes']
  return (await lines(location, args)).map((ref) => ({ text: head + ref, about: 'revision' }))
}

async function runsOf(index: RunIndex, prefix: string, nowMs: number): Promise<Candidate[]> {
  const entries: RunEntry[] = []
  if (prefix === '') {
    for await (const entry of index.runs({ newestFirst: true, limit: MOST_RUNS })) entries.push(entry)
  } else {
    const runs = (await index.findByPrefix(prefix)).slice(0, MOST_RUNS)
    const found = await Promise.all(runs.map((run) => index.entry(run)))
    entries.push(...found.filter((entry) => entry !== undefined))
  }
  return entries.map((entry) => ({
    text: entry.run.slice(0, Math.max(RUN_DIGITS, prefix.length)),
    about: truncate(describeRun(entry, nowMs), LONGEST_ABOUT),
  }))
}

/** `train.js, 2 hours ago, lr=0.01 epochs=8` */
function describeRun({ header, args, end }: RunEntry, nowMs: number): string {
  const values = args.map(({ name, value }) => formatAssignment(name, value)).join(' ')
  return [
    header.script ?? header.argv.join(' '),
    relativeTime(header.startedMs, nowMs),
    ...(end.status === 'completed' ? [] : [end.status]),
    ...(values === '' ? [] : [values]),
  ].join(', ')
}

const CALL = new RegExp(`^-?(${AGGREGATES.join('|')})\\(`)

/** Names that were logged, arguments, and attributes of runs; behind `max(` those that were logged. A key to sort by may begin with `-`. */
async function namesOf(index: RunIndex, prefix: string, of: ReadonlySet<string>): Promise<Candidate[]> {
  const sign = of.has('key') && prefix.startsWith('-') ? '-' : ''
  const names = (await index.distinctNames()).filter(({ kind }) => kind !== 'loop')
  const aggregate = CALL.exec(prefix)?.[1] as Aggregate | undefined
  if (aggregate !== undefined) {
    return names
      .filter(({ kind }) => kind === 'value')
      .map(({ name }) => ({ text: sign + formatUse({ name, aggregate }), about: 'aggregate' }))
  }
  return [
    ...names.map(({ name, kind }) => ({
      text: sign + name,
      about: kind,
    })),
    ...ATTRIBUTE_NAMES.map((name) => ({ text: sign + name, about: 'of every run' })),
  ]
}

async function lines(location: RepositoryLocation, args: readonly string[]): Promise<string[]> {
  return splitItems((await git(args, inRepository(location))).stdout, '\n')
}

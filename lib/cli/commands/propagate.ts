import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { git } from '../../git/process.js'
import { FlorError, isFlorError } from '../../model/errors.js'
import { formatExplanation } from '../../propagate/explain.js'
import {
  findStatements,
  type Propagation,
  propagate as propagateStatements,
  type SourceFile,
  type StatementRef,
} from '../../propagate/propagate.js'
import { usageError } from '../arguments/canonical.js'
import { wholeNumber } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { sanitizeBlock } from '../render/sanitize.js'

const OPTIONS = {
  from: { type: 'string', argument: '<file>', describe: 'the newer version, a file or <rev>:<path>' },
  to: { type: 'string', argument: '<file>', describe: 'the older version, a file or <rev>:<path>' },
  name: { type: 'string', argument: '<name>', describe: 'the statements that log this name' },
  line: {
    type: 'string',
    argument: '<n>',
    describe: 'the statement on this line',
    coerce: wholeNumber('--line', 1),
  },
  output: {
    type: 'string',
    alias: 'o',
    argument: '<file>',
    describe: 'write the result there, not to stdout',
  },
  diff: { type: 'boolean', describe: 'print what changes in the older version, as a patch' },
  explain: { type: 'boolean', describe: 'tell on stderr what was decided and why' },
} as const satisfies OptionTable

/** `git flor propagate`: one file into another; no repository is needed for plain files. */
export const propagate = defineCommand({
  name: 'propagate',
  usage: [
    '--from <file> --name <name> --to <file> [<options>]',
    '--from <file> --line <n> --to <file> [<options>]',
  ],
  description:
    'Carries log statements of a newer version of a file into an older one, with the statements and imports that they need; every other byte of it stays. Exit code 0: placed (or there already); 1: declined, with the reason.',
  options: OPTIONS,
  examples: [
    ['propagate --from new.js --name norm --to HEAD~5:old.js --diff', 'what a backfill would change'],
    ['propagate --from new.js --line 42 --to old.js -o patched.js', 'plain files'],
  ],
  async run(context, options) {
    const { from, to } = options
    if (from === undefined || to === undefined) {
      throw usageError({ name: 'propagate' }, '--from and --to are needed', '')
    }
    if ((options.name === undefined) === (options.line === undefined)) {
      throw usageError({ name: 'propagate' }, 'one of --name and --line is needed', '')
    }
    const newer = await readSource(from, context.cwd)
    const older = await readSource(to, context.cwd)
    const result = propagateStatements(newer, selectStatements(newer, from, options), older)
    if (options.explain === true) explain(context, result)
    return finish(context, options, older, result)
  },
})

type PropagateOptions = CommandOptions<typeof OPTIONS>

function selectStatements(
  source: SourceFile,
  from: string,
  { name, line }: PropagateOptions,
): readonly StatementRef[] {
  const statements = findStatements(source, {
    ...(name === undefined ? {} : { name }),
    ...(line === undefined ? {} : { line }),
  })
  if (statements.length > 0) return statements
  const wanted =
    name === undefined ? `there is no statement on line ${line} of ${from}` : `${from} does not log '${name}'`
  throw new FlorError(wanted, { code: 'STATEMENT_NOT_FOUND', data: { value: name ?? line, path: from } })
}

async function finish(
  context: CommandContext,
  options: PropagateOptions,
  older: SourceFile,
  result: Propagation,
): Promise<number> {
  if (result.status === 'declined') {
    const candidates =
      result.candidates.length === 0 ? '' : ` (candidates: lines ${result.candidates.join(', ')})`
    context.note(`declined: ${result.message}${candidates}`)
    return ExitCode.failed
  }
  if (result.status === 'exists') context.note(`exists already, on line ${result.line}`)
  const text = result.status === 'placed' ? result.text : older.text
  if (options.output !== undefined) await writeResult(options.output, context.cwd, text)
  if (options.diff === true) await context.out.print(sanitizeBlock(await patchText(older, text)))
  else if (options.output === undefined) await context.out.print(text)
  return ExitCode.ok
}

/** @throws FlorError FILE_UNREADABLE */
async function writeResult(name: string, cwd: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(cwd, name), text)
  } catch (cause) {
    throw new FlorError(`cannot write '${name}'`, { code: 'FILE_UNREADABLE', data: { path: name }, cause })
  }
}

function explain(context: CommandContext, result: Propagation): void {
  if (result.status === 'placed') {
    for (const { line, kind, text } of result.insertions) {
      context.note(`inserted on line ${line} (${kind}): ${text.trim().split('\n')[0] ?? ''}`)
    }
    for (const [name, old] of Object.entries(result.renames)) context.note(`${name} is called ${old} there`)
  }
  for (const line of formatExplanation(result.explanation)) context.note(line)
}

/** A plain file, or a blob that git finds by `<rev>:<path>`. @throws FlorError FILE_UNREADABLE */
async function readSource(name: string, cwd: string): Promise<SourceFile> {
  try {
    return { path: name, text: await readFile(resolve(cwd, name), 'utf8') }
  } catch (cause) {
    const colon = name.indexOf(':')
    if (colon > 0) {
      try {
        const blob = await git(['cat-file', 'blob', name], { cwd })
        return { path: name.slice(colon + 1), text: blob.stdout.toString() }
      } catch (error) {
        if (!isFlorError(error, 'GIT_FAILED')) throw error
        throw unreadable(name, error)
      }
    }
    throw unreadable(name, cause)
  }
}

function unreadable(name: string, cause: unknown): FlorError {
  return new FlorError(`cannot read '${name}'`, { code: 'FILE_UNREADABLE', data: { path: name }, cause })
}

/** The change as `git diff` prints it. */
async function patchText(older: SourceFile, text: string): Promise<string> {
  if (older.text === text) return ''
  const folder = await mkdtemp(join(tmpdir(), 'git-flor-'))
  try {
    await writeFile(join(folder, 'a'), older.text)
    await writeFile(join(folder, 'b'), text)
    const args = ['diff', '--no-index', '--no-prefix', '--no-color', '--no-ext-diff', '--', 'a', 'b']
    const answer = await git(args, { cwd: folder, expectExit: [0, 1] })
    const printed = answer.stdout.toString()
    return `--- a/${older.path}\n+++ b/${older.path}\n${printed.slice(printed.indexOf('\n@@ ') + 1)}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

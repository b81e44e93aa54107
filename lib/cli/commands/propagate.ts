import { FlorError } from '../../model/errors.js'
import { formatExplanation } from '../../propagate/explain.js'
import { findNearestLine } from '../../propagate/find-statements.js'
import {
  findLogStatements,
  findStatements,
  type Propagation,
  propagate as propagateStatements,
  type SourceFile,
  type StatementRef,
} from '../../propagate/propagate.js'
import { nearestNames } from '../../query/suggest.js'
import { usageError } from '../arguments/canonical.js'
import { wholeNumber } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { sanitizeBlock } from '../render/sanitize.js'
import { propagationToJson } from '../views/propagate-json.js'
import { patchText, readSource, writeResult } from './propagate-files.js'

const OPTIONS = {
  from: { type: 'string', argument: '<file>', describe: 'the newer version, a file or <rev>:<path>' },
  to: { type: 'string', argument: '<file>', describe: 'the older version, a file or <rev>:<path>' },
  name: { type: 'string', argument: '<name>', describe: 'the statements that log this name' },
  line: {
    type: 'string',
    argument: '<n>',
    describe: 'the statement on this line; with --name, only the one there',
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
  json: { type: 'boolean', describe: 'print what came of it as JSON (docs/json.md)' },
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
    if (options.name === undefined && options.line === undefined) {
      throw usageError({ name: 'propagate' }, '--name or --line is needed', '')
    }
    if (options.json === true && options.diff === true) {
      throw usageError({ name: 'propagate' }, '--json and --diff exclude each other', '--diff')
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
  if (statements.length === 0) throw notFound(source, from, { name, line })
  if (name === undefined && statements.length > 1) throw ambiguous(from, line ?? 1, statements)
  return statements
}

function notFound(
  source: SourceFile,
  from: string,
  { name, line }: Pick<PropagateOptions, 'name' | 'line'>,
): FlorError {
  const logs = findLogStatements(source)
  const wanted =
    name === undefined
      ? `there is no statement on line ${line} of ${from}`
      : `${from} does not log '${name}'${line === undefined ? '' : ` on line ${line}`}`
  return new FlorError(wanted, {
    code: 'STATEMENT_NOT_FOUND',
    data: { value: name ?? line, path: from, hint: hintFor() },
  })

  function hintFor(): string {
    if (name === undefined) {
      const nearest = findNearestLine(source, line ?? 1)
      return nearest === undefined
        ? `${from} holds no statement at all`
        : `git flor propagate --line ${nearest} …    names the nearest statement`
    }
    const there = logs.filter(({ logNames }) => logNames.includes(name)).map((log) => log.line)
    if (there.length > 0)
      return `'${name}' is logged on ${there.length === 1 ? 'line' : 'lines'} ${there.join(', ')}`
    const names = [...new Set(logs.flatMap(({ logNames }) => logNames))]
    const [near] = nearestNames(name, names)
    if (near !== undefined) return `did you mean ${near}?    git flor propagate --name ${near} …`
    if (names.length > 0) return `it logs ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`
    return `add flor.log('${name}', <value>) to ${from}, or name any statement by --line <n>`
  }
}

function ambiguous(from: string, line: number, statements: readonly StatementRef[]): FlorError {
  const names = [...new Set(statements.flatMap(({ logNames }) => logNames))]
  return new FlorError(`line ${line} of ${from} holds ${statements.length} statements`, {
    code: 'STATEMENT_AMBIGUOUS',
    data: {
      value: line,
      path: from,
      hint:
        names[0] === undefined
          ? 'put the statement on a line of its own'
          : `git flor propagate --name ${names[0]} …    names one of them (${names.slice(0, 8).join(', ')})`,
    },
  })
}

async function finish(
  context: CommandContext,
  options: PropagateOptions,
  older: SourceFile,
  result: Propagation,
): Promise<number> {
  if (options.json === true) await context.out.print(`${toJson(propagationToJson(older.path, result))}\n`)
  if (result.status === 'declined') {
    const { reason, message, candidates } = result
    const near =
      candidates.length === 0
        ? ''
        : `; candidates: ${candidates.length === 1 ? 'line' : 'lines'} ${candidates.join(', ')}`
    context.note(`declined: ${message} (${reason}${near})`)
    if (options.explain !== true && options.json !== true && result.explanation.pairs.length > 0)
      context.note('hint: git flor propagate --explain …    shows what was tried')
    return ExitCode.failed
  }
  if (result.status === 'exists') context.note(`exists already, on line ${result.line}`)
  const text = result.status === 'placed' ? result.text : older.text
  if (options.output !== undefined) await writeResult(options.output, context.cwd, text)
  if (options.diff === true) await context.out.print(await shownPatch(context, older, text))
  else if (options.output === undefined && options.json !== true) await context.out.print(text)
  return ExitCode.ok
}

/** Escaped for people only: a program that reads it, such as `git apply`, needs every byte. */
async function shownPatch(context: CommandContext, older: SourceFile, text: string): Promise<string> {
  const patch = await patchText(older, text)
  return context.io.isTerminal.stdout ? sanitizeBlock(patch) : patch
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

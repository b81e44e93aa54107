import { relative, resolve, sep } from 'node:path'
import { FlorError, isFlorError } from '../../model/errors.js'
import { parseSelection } from '../../query/predicate.js'
import type { BackfillRequest } from '../../repository/backfill/backfill-plan.js'
import type { ExpressionPlace } from '../../repository/backfill/make-wanted.js'
import type { CommandContext } from '../context.js'

/** The part of the options that tells what is asked for. */
export interface RequestOptions {
  readonly arguments: readonly string[]
  readonly at?: string | undefined
  readonly in?: string | undefined
  readonly file?: string | undefined
}

/**
 * Reads what a backfill is asked for: names of statements in the working tree, or expressions and the place they are to be logged at.
 * @throws FlorError PREDICATE_SYNTAX, EXPRESSION_INVALID, PLACE_NOT_FOUND, USAGE
 */
export async function readRequest(
  context: CommandContext,
  options: RequestOptions,
): Promise<BackfillRequest> {
  const text = options.arguments.join(' ')
  if (isOfNames(options)) return namesIn(text)
  const repository = await context.repository()
  const place = placeOf(options, (path) => {
    const top = repository.location.topLevel ?? context.cwd
    return relative(top, resolve(context.cwd, path)).split(sep).join('/')
  })
  const { makeWanted } = await import('../../repository/backfill/make-wanted.js')
  return makeWanted(repository, text, place)
}

/** Whether names of statements are asked for, and no expressions. */
export function isOfNames({ at, in: loop, file }: RequestOptions): boolean {
  return at === undefined && loop === undefined && file === undefined
}

/** How the same request is typed again, with other options behind it. */
export function formatRequest({ arguments: words, at, in: loop, file }: RequestOptions): string {
  const options = [
    ...(at === undefined ? [] : ['--at', quoted(at)]),
    ...(loop === undefined ? [] : ['--in', quoted(loop)]),
    ...(file === undefined ? [] : ['--file', quoted(file)]),
  ]
  return ['git flor backfill', ...words.map(quoted), ...options].join(' ')
}

function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function placeOf({ at, in: loop, file }: RequestOptions, inTree: (path: string) => string): ExpressionPlace {
  if (at !== undefined && loop !== undefined) throw usage('--at and --in name two places: give one of them')
  if (loop !== undefined) return { kind: 'loop', loop, ...(file === undefined ? {} : { path: inTree(file) }) }
  if (at === undefined) throw usage('--file only goes with --in <loop>')
  if (file !== undefined) throw usage('--at names a file itself: --file only goes with --in <loop>')
  const [, path, line] = /^(.+):(\d+)$/.exec(at) ?? []
  if (path === undefined || Number(line) === 0)
    throw usage(`--at needs a file and a line, as in train.js:42, not '${at}'`)
  return { kind: 'line', path: inTree(path), line: Number(line) }
}

function usage(message: string): FlorError {
  return new FlorError(message, { code: 'USAGE', data: { command: 'backfill' } })
}

/** @throws FlorError PREDICATE_SYNTAX */
function namesIn(text: string): BackfillRequest {
  try {
    return parseSelection(text)
  } catch (error) {
    if (!isFlorError(error, 'PREDICATE_SYNTAX')) throw error
    const [asked = ''] = text.replace(/"[^"]*"/g, '').split(/\bwhere\b/i)
    const isExpression = /\sas\s|[([]/i.test(asked)
    const hint = isExpression
      ? "git flor backfill 'norm(weights) as wnorm' --at train.js:42    logs an expression; --in <loop>: at the end of its body"
      : "git flor backfill 'grad_norm, loss where lr > 0.01 and epoch >= 5'    is how a request looks"
    throw new FlorError(error.message, {
      code: error.code,
      data: { ...error.data, hint },
      cause: error.cause,
    })
  }
}

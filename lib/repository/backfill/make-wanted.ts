import { FILE_MODE } from '../../git/object-codec.js'
import { editTree, findEntry } from '../../git/tree-editor.js'
import { FlorError } from '../../model/errors.js'
import type { Oid } from '../../model/oid.js'
import { frameworkLoops, getLanguage, languageOf } from '../../propagate/language.js'
import { makeStatements } from '../../propagate/made/make.js'
import {
  bodiesOfFunction,
  bodiesOfLoop,
  endOf,
  type MadePlace,
  placeAtLine,
} from '../../propagate/made/place.js'
import { parseCached } from '../../propagate/parse-cache.js'
import { type Block, lineAt, type SourceFile } from '../../propagate/syntax.js'
import { nearestNames } from '../../query/suggest.js'
import type { FlorRepository } from '../flor-repository.js'
import type { BackfillRequest } from './backfill-plan.js'
import { findLogging } from './find-wanted.js'
import { readExpressions } from './read-expressions.js'
import { filesThatMention, readFile, snapshotTree } from './snapshot-files.js'

/** Where an expression is to be logged. Paths are relative to the top of the working tree. */
export type ExpressionPlace =
  /** Before what stands on a line. */
  | { readonly kind: 'line'; readonly path: string; readonly line: number }
  /** At the end of a loop's body, or of the callback that stands for it; `path` where several files have a loop of the name. */
  | { readonly kind: 'loop'; readonly loop: string; readonly path?: string }

/**
 * The request for expressions that no file logs: statements that log them are put into a copy of today's text, and are carried into past
 * versions as if they stood in the working tree. Writes objects, and none of the user's files.
 * @throws FlorError BARE_REPOSITORY, SOURCE_SYNTAX, LANGUAGE_UNSUPPORTED; PLACE_NOT_FOUND; EXPRESSION_INVALID and PREDICATE_SYNTAX (data:
 *   text, offset); STATEMENT_AMBIGUOUS where a statement logs one of the names already
 */
export async function makeWanted(
  repository: FlorRepository,
  text: string,
  place: ExpressionPlace,
): Promise<BackfillRequest> {
  const tree = snapshotTree(repository)
  const { source, at, loop } = findPlace(repository, tree, place)
  const { expressions, where } = readExpressions(text, source.path, getLanguage(source.path))
  const names = expressions.map(({ name }) => name)
  refuseLogged(repository, tree, names)
  const made = makeStatements(source, at, expressions)
  const wanted = {
    names,
    tree: await replaceFile(repository, tree, made.source),
    files: [{ source: made.source, statements: made.statements }],
    made: made.statements.map((statement, i) => ({
      name: names[i] as string,
      text: statement.text,
      path: source.path,
      line: at.line,
      side: at.side,
      ...(loop === undefined ? {} : { loop }),
    })),
  }
  return { names, ...(where === undefined ? {} : { where }), wanted }
}

interface FoundPlace {
  readonly source: SourceFile
  readonly at: MadePlace
  readonly loop?: string
}

function findPlace(repository: FlorRepository, tree: Oid, place: ExpressionPlace): FoundPlace {
  if (place.kind === 'loop') return findLoop(repository, tree, place.loop, place.path)
  const source = sourceAt(repository, tree, place.path)
  return { source, at: placeAtLine(parseCached(source), place.line) }
}

function findLoop(repository: FlorRepository, tree: Oid, loop: string, path: string | undefined): FoundPlace {
  const paths = path === undefined ? filesThatMention(repository, tree, [loop]) : [path]
  const known = paths.filter((it) => languageOf(it) !== undefined || it === path)
  const own = known.flatMap((it) => {
    const source = sourceAt(repository, tree, it)
    return bodiesOfLoop(parseCached(source), loop).map((block) => ({ source, block }))
  })
  const bodies = own.length > 0 ? own : callbacksOf(repository, tree, loop, path)
  const [first, ...more] = bodies
  if (first === undefined) throw noLoop(repository, tree, loop, path)
  if (more.length > 0)
    throw severalLoops(
      loop,
      bodies.map(({ source, block }) => lineOf(source, block.owner?.start ?? block.start)),
    )
  return { source: first.source, at: endOf(parseCached(first.source), first.block), loop }
}

interface FoundBody {
  readonly source: SourceFile
  readonly block: Block
}

/** What stands for the body of a loop that a framework's training makes; nothing where no file trains that way. @throws FlorError PLACE_NOT_FOUND where it has no such callback */
function callbacksOf(
  repository: FlorRepository,
  tree: Oid,
  loop: string,
  path: string | undefined,
): FoundBody[] {
  const training = frameworkLoops().find(
    (it) => it.loop === loop && filesThatMention(repository, tree, [it.module]).length > 0,
  )
  if (training === undefined) return []
  const { callback, module } = training
  const bodies = filesThatMention(repository, tree, [callback]).flatMap((it) => {
    if (path === undefined ? languageOf(it) === undefined : it !== path) return []
    const source = sourceAt(repository, tree, it)
    return bodiesOfFunction(parseCached(source), callback).map((block) => ({ source, block }))
  })
  if (bodies.length > 0) return bodies
  throw new FlorError(
    `${JSON.stringify(loop)} is a loop of ${module}, and ${path ?? 'the working tree'} has no callback ${callback} with a body, in which a statement could stand`,
    { code: 'PLACE_NOT_FOUND', data: { loop, hint: '--at <file>:<line>    names any other place' } },
  )
}

function noLoop(repository: FlorRepository, tree: Oid, loop: string, path: string | undefined): FlorError {
  const names = filesThatMention(repository, tree, ['loop', 'iteration']).flatMap((it) => {
    if (languageOf(it) === undefined || (path !== undefined && it !== path)) return []
    try {
      return parseCached(sourceAt(repository, tree, it)).blocks.flatMap((block) => block.loop ?? [])
    } catch {
      // A file that does not parse has no loops to suggest.
      return []
    }
  })
  const [near] = nearestNames(loop, [...new Set(names)])
  return new FlorError(`no flor loop of ${path ?? 'the working tree'} is called ${JSON.stringify(loop)}`, {
    code: 'PLACE_NOT_FOUND',
    data: { loop, ...(near === undefined ? {} : { hint: `did you mean --in ${near}?` }) },
  })
}

function severalLoops(loop: string, places: readonly string[]): FlorError {
  const files = new Set(places.map((place) => place.slice(0, place.lastIndexOf(':'))))
  const [first = ''] = places
  const hint =
    files.size > 1 && files.size === places.length
      ? `--file ${[...files][0]}    names one of them`
      : `--at ${first.slice(0, first.lastIndexOf(':'))}:<line>    with the line of the brace that closes one of them`
  return new FlorError(`several loops are called ${JSON.stringify(loop)}: ${places.join(', ')}`, {
    code: 'PLACE_NOT_FOUND',
    data: { loop, hint },
  })
}

function lineOf(source: SourceFile, offset: number): string {
  return `${source.path}:${lineAt(parseCached(source).lineStarts, offset)}`
}

/** A name that is logged already would have two meanings in one run. */
function refuseLogged(repository: FlorRepository, tree: Oid, names: readonly string[]): void {
  for (const { source, statements } of findLogging(repository, tree, names)) {
    for (const { logNames, line } of statements) {
      const name = logNames.find((it) => names.includes(it)) as string
      throw new FlorError(`${JSON.stringify(name)} is logged already, at ${source.path}:${line}`, {
        code: 'STATEMENT_AMBIGUOUS',
        data: {
          name,
          hint: `git flor backfill ${name}    takes that statement; or give the expression another name`,
        },
      })
    }
  }
}

/** @throws FlorError PLACE_NOT_FOUND, LANGUAGE_UNSUPPORTED */
function sourceAt(repository: FlorRepository, tree: Oid, path: string): SourceFile {
  getLanguage(path)
  try {
    return { path, text: readFile(repository, tree, path) }
  } catch (cause) {
    const message = `${path} is no file of the working tree, or one that is ignored`
    throw new FlorError(message, { code: 'PLACE_NOT_FOUND', data: { path }, cause })
  }
}

async function replaceFile(repository: FlorRepository, tree: Oid, { path, text }: SourceFile): Promise<Oid> {
  const store = await repository.objects()
  const before = await findEntry(store, tree, path)
  const entry = { mode: before?.mode ?? FILE_MODE, oid: await store.writeBlob(Buffer.from(text, 'utf8')) }
  return (await editTree(store, tree, new Map([[path, entry]]))) as Oid
}

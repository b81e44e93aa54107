import { compareCached } from './comparison-cache.js'
import { languageOf } from './language.js'
import { parseCached } from './parse-cache.js'
import { type ProjectPair, treeAt } from './project.js'
import { apartOf } from './propagate.js'
import { rateSurroundings, surroundingLines } from './rate-surroundings.js'
import type { DeclineReason } from './result.js'
import { enclosingBlocks, type SourceFile, type Statement, type SyntaxTree } from './syntax.js'

/** A line of a file of the old version, from 1. */
export interface FileLine {
  readonly path: string
  readonly line: number
}

/** Which part of what stands around a statement an old file holds, between 0 and 1. */
export interface FileShare {
  readonly path: string
  readonly share: number
}

/** The old file that a statement belongs into; or why there is none. */
export type FileChoice =
  /** `shares` of the files that were compared, the greatest first. */
  | { readonly status: 'chosen'; readonly path: string; readonly shares: readonly FileShare[] }
  | {
      readonly status: 'declined'
      readonly reason: DeclineReason
      readonly message: string
      readonly candidates: readonly FileLine[]
    }
  /** The new file has no counterpart, and no other old file holds what stands around the statement. */
  | { readonly status: 'absent' }

/**
 * A counterpart of the file's own name that holds this much of a statement's surroundings is not doubted. One that Git found
 * by a rename is: of two old files that became one, Git names the more similar one as a whole.
 */
const usual = 0.5
/** What another file must hold at least. */
const enough = 0.4
/** Files that hold more than this part of what the best one holds make the choice ambiguous; the own counterpart has an advantage. */
const close = { own: 0.85, other: 0.6 } as const
/** Files that are parsed for one statement, besides the counterpart. */
const mostCandidates = 4
/** Which part of the words around a statement a file must have for being parsed. */
const enoughWords = 0.4

/** Whether a counterpart of the file's own name holds so much of what stands around `wanted` that no other file need be looked at. */
export function isUsual(newer: SourceFile, wanted: readonly Statement[], older: SourceFile): boolean {
  if (newer.path !== older.path) return false
  const apart = new Set(wanted)
  const comparison = compareCached(parseCached(newer), parseCached(older), apartOf(wanted))
  return wanted.every((statement) => rateSurroundings(comparison, statement, apart) >= usual)
}

/** Whether there is an old file beside the counterpart that code could have moved from. */
export function hasOthers(pair: ProjectPair, path: string): boolean {
  const own = pair.counterpart(path)
  return pair.changed.some((other) => other !== own && languageOf(other) === languageOf(path))
}

/**
 * Chooses the old file that holds most of what stands around a statement, by far. What a candidate's own successor still
 * holds has not moved, and does not count. `wanted` are all statements to be carried from the new file.
 */
export function chooseFile(
  pair: ProjectPair,
  newer: SourceFile,
  statement: Statement,
  wanted: readonly Statement[],
): FileChoice {
  const tree = parseCached(newer)
  const own = pair.counterpart(newer.path)
  const ratedOwn = own === undefined ? undefined : rate(pair, tree, statement, wanted, own)
  if (ratedOwn !== undefined && own === newer.path && ratedOwn.rating >= usual) return chosen(own, [ratedOwn])
  const others = plausibleFiles(pair, tree, statement, own)
  const rated = [...others.map((path) => rate(pair, tree, statement, wanted, path)), ratedOwn]
    .filter((one) => one !== undefined)
    .sort((x, y) => y.rating - x.rating)
  const [best, second] = rated
  if (best === undefined || (best.rating < enough && best.path !== own)) return unfound(own, rated)
  if (second === undefined || second.rating === 0) return chosen(best.path, rated)
  if (second.path !== own && second.rating < enough) return chosen(best.path, rated)
  const limit = best.path === own ? close.own : close.other
  if (second.rating <= limit * best.rating) return chosen(best.path, rated)
  const candidates = rated
    .filter(({ rating }) => rating > close.other * best.rating)
    .flatMap(({ path, lines }) => lines.slice(0, 1).map((line) => ({ path, line })))
  const places = candidates.map(({ path, line }) => `${path}:${line}`)
  return {
    status: 'declined',
    reason: 'ambiguous',
    message: `the code around line ${statement.line} may be that at ${places.join(' or ')}, and nothing decides`,
    candidates,
  }
}

function chosen(path: string, rated: readonly Rated[]): FileChoice {
  const shares = rated.map((one) => ({ path: one.path, share: one.rating }))
  return { status: 'chosen', path, shares }
}

/** The counterpart itself tells why it has no place; without one there is nothing to tell. */
function unfound(own: string | undefined, rated: readonly Rated[]): FileChoice {
  return own === undefined ? { status: 'absent' } : chosen(own, rated)
}

interface Rated {
  readonly path: string
  readonly rating: number
  readonly lines: readonly number[]
}

function rate(
  pair: ProjectPair,
  newer: SyntaxTree,
  statement: Statement,
  wanted: readonly Statement[],
  path: string,
): Rated | undefined {
  const older = treeAt(pair.older, path)
  if (older === undefined) return undefined
  const apart = new Set(wanted)
  const comparison = compareCached(newer, older, apartOf(wanted))
  const kept = keptBySuccessor(pair, newer, older)
  const isThere = (image: Statement, likeness: number) => likeness > kept(image)
  return {
    path,
    rating: rateSurroundings(comparison, statement, apart, isThere),
    lines: surroundingLines(comparison, statement),
  }
}

/** How like an old statement what its file's own successor has in its place is, between 0 and 1; -1 for one that is gone. */
function keptBySuccessor(
  pair: ProjectPair,
  newer: SyntaxTree,
  older: SyntaxTree,
): (image: Statement) => number {
  const path = pair.successor(older.source.path)
  const successor = path === undefined || path === newer.source.path ? undefined : treeAt(pair.newer, path)
  if (successor === undefined) return () => -1
  const { pairing, similarity } = compareCached(successor, older, new Set())
  return (image) => {
    const origin = pairing.origin(image)
    return origin === undefined ? -1 : similarity.statements(origin, image)
  }
}

/** Changed old files of the language that share words with what stands around a statement, likeliest first. */
function plausibleFiles(
  pair: ProjectPair,
  newer: SyntaxTree,
  statement: Statement,
  own: string | undefined,
): string[] {
  const words = wordsAround(newer, statement)
  const language = languageOf(newer.source.path)
  return pair.changed
    .filter((path) => path !== own && languageOf(path) === language)
    .map((path) => ({ path, share: shareOf(words, pair.older.read(path)) }))
    .filter(({ share }) => share >= enoughWords)
    .sort((x, y) => y.share - x.share)
    .slice(0, mostCandidates)
    .map(({ path }) => path)
}

/** Names, members and literals of the statement at the top that holds `statement`, or of its neighbours there. */
function wordsAround(tree: SyntaxTree, statement: Statement): ReadonlySet<string> {
  let top = statement
  for (const { owner } of enclosingBlocks(statement.block)) top = owner ?? top
  const { position } = top
  const isAlone = top.lastIndex - top.index > 3
  const span = isAlone ? [top] : tree.program.statements.slice(Math.max(0, position - 8), position + 9)
  const words = new Set<string>()
  for (const one of span)
    for (const { role, text, start } of tree.tokens.slice(one.firstToken, one.tokenEnd)) {
      const isOwn = start >= statement.start && start < statement.end
      if (!isOwn && (role === 'name' || role === 'field')) words.add(text)
    }
  return words
}

function shareOf(words: ReadonlySet<string>, text: string | undefined): number {
  if (text === undefined || words.size === 0) return 0
  const there = new Set(text.split(/[^\p{L}\p{N}_$]+/u))
  let shared = 0
  for (const word of words) if (there.has(word)) shared++
  return shared / words.size
}

import { parseCached } from '../../../lib/propagate/parse-cache.js'
import type { SourceFile, Statement, SyntaxTree } from '../../../lib/propagate/syntax.js'
import type { Files } from './corpus.js'

/** One statement left out of the old version of a file. */
export interface Case {
  readonly package: string
  readonly newer: SourceFile
  /** The old file as it was, and without the statement. */
  readonly complete: string
  readonly older: SourceFile
  /** The new file without the statement: the base for patches and merges. */
  readonly base: string
  readonly start: number
  readonly end: number
  readonly text: string
  /** Where the statement was cut out of the old text. */
  readonly cut: number
  /** How many of the statement's two neighbours are the same in both versions. */
  readonly sameNeighbours: 0 | 1 | 2
  readonly isLogLike: boolean
  /** Steps between the two versions in the list of versions. */
  readonly distance: number
  /** How many cases this one stands for, when places are counted as they occur. */
  weight: number
}

const logLike =
  /^(await )?([\w$]+ ?\. ?)*(log|logger|debug|info|warn|warning|error|trace|print|emit|record|report|write|notify|track|assert\w*|deprecated?)(\.\w+)? ?\(/i

/** All cases of one pair of versions, at most `perKind` of each number of same neighbours a file. */
export function findCases(
  name: string,
  older: Files,
  newer: Files,
  distance: number,
  perKind: number,
  random: () => number,
): Case[] {
  const cases: Case[] = []
  for (const [path, newText] of newer) {
    const oldText = older.get(path)
    if (oldText === undefined || oldText === newText) continue
    const found = casesOfFile(name, path, oldText, newText, distance)
    for (const same of [0, 1, 2] as const) {
      const ofKind = found.filter(({ sameNeighbours }) => sameNeighbours === same)
      cases.push(...sample(ofKind, perKind, random))
    }
  }
  return cases
}

/** At most `most` of some cases, whose weights then make up for those left out. */
export function sample(cases: readonly Case[], most: number, random: () => number): Case[] {
  const left = [...cases]
  while (left.length > most) left.splice(Math.floor(random() * left.length), 1)
  for (const one of left) one.weight *= cases.length / left.length
  return left
}

function casesOfFile(name: string, path: string, oldText: string, newText: string, distance: number): Case[] {
  let oldTree: SyntaxTree
  let newTree: SyntaxTree
  try {
    oldTree = parseCached({ path, text: oldText })
    newTree = parseCached({ path, text: newText })
  } catch {
    return []
  }
  const oldByKey = uniqueStatements(oldTree)
  const cases: Case[] = []
  for (const [key, newer] of uniqueStatements(newTree)) {
    const older = newer && oldByKey.get(key)
    if (!newer || !older || older.block.isBare || newer.block.isBare) continue
    const before = keyOf(newer.block.statements[newer.position - 1])
    const after = keyOf(newer.block.statements[newer.position + 1])
    const same =
      Number(before === keyOf(older.block.statements[older.position - 1])) +
      Number(after === keyOf(older.block.statements[older.position + 1]))
    cases.push({
      package: name,
      newer: { path, text: newText },
      complete: oldText,
      older: { path, text: without(oldText, older).text },
      cut: without(oldText, older).cut,
      base: without(newText, newer).text,
      start: newer.start,
      end: newer.end,
      text: newText.slice(newer.start, newer.end),
      sameNeighbours: same as 0 | 1 | 2,
      isLogLike: logLike.test(newText.slice(newer.start, newer.end)),
      distance,
      weight: 1,
    })
  }
  return cases
}

function keyOf(statement: Statement | undefined): string {
  return statement ? statement.head.map(({ text }) => text).join(' ') : ''
}

/** Simple statements (expressions and declarations without blocks) by their tokens; undefined for repeated ones. */
function uniqueStatements(tree: SyntaxTree): Map<string, Statement | undefined> {
  const all = new Map<string, number>()
  for (const statement of tree.statements) all.set(keyOf(statement), (all.get(keyOf(statement)) ?? 0) + 1)
  const unique = new Map<string, Statement | undefined>()
  for (const statement of tree.statements) {
    if (!/^(ExpressionStatement|VariableDeclaration)$/.test(statement.kind) || statement.blocks.length > 0)
      continue
    if (/^export /.test(keyOf(statement))) continue
    const key = keyOf(statement)
    if (all.get(key) === 1) unique.set(key, statement)
  }
  return unique
}

/** The text without a statement, and without its line when nothing else stands on it. */
function without(text: string, { start, end }: Statement): { text: string; cut: number } {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const lineEnd = text.indexOf('\n', end)
  const next = lineEnd === -1 ? text.length : lineEnd + 1
  const isAlone = text.slice(lineStart, start).trim() === '' && /^\s*(\/\/.*)?$/.test(text.slice(end, next))
  const [from, to] = isAlone ? [lineStart, next] : [start, end]
  return { text: text.slice(0, from) + text.slice(to), cut: from }
}

/** Whether two texts are the same program: the same tokens, final semicolons aside. */
export function isSameProgram(path: string, a: string, b: string): boolean {
  const tokens = (text: string) =>
    parseCached({ path, text })
      .tokens.filter((token) => token.text !== ';')
      .map((token) => token.text)
      .join('\u0001')
  return tokens(a) === tokens(b)
}

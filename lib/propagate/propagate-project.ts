import { chooseFile, type FileLine, type FileShare, hasOthers, isUsual } from './choose-file.js'
import { parseCached } from './parse-cache.js'
import type { ProjectPair } from './project.js'
import { ProjectLinks } from './project-links.js'
import { propagate, type StatementRef, statementsOf } from './propagate.js'
import type { DeclineReason, Propagation } from './result.js'
import type { SourceFile } from './syntax.js'

/** Statements of a new file that belong into one old file, and what came of carrying them there. */
export interface CarriedPart {
  readonly statements: readonly StatementRef[]
  readonly older: SourceFile
  readonly propagation: Propagation
  /** What the files hold of the first statement's surroundings that were compared for it; empty when none were. */
  readonly shares: readonly FileShare[]
}

/** Where the statements of one new file went in an old version. */
export type CarriedStatements =
  /** One part an old file. */
  | { readonly status: 'carried'; readonly parts: readonly CarriedPart[] }
  /** `parts` are those that were tried. */
  | {
      readonly status: 'declined'
      readonly reason: DeclineReason
      readonly message: string
      readonly candidates: readonly FileLine[]
      readonly parts: readonly CarriedPart[]
    }
  /** The old version has nothing of the file. */
  | { readonly status: 'absent' }

interface Known {
  readonly propagation: Propagation
  readonly isUsual: boolean
}

/**
 * Propagates the statements of new files into the files of old versions: into a file's own counterpart where that holds
 * what stands around them, else where this went. Remembers what depended on two texts alone, since many versions share them.
 */
export class ProjectPropagator {
  readonly #known = new Map<string, Known>()

  /** @throws FlorError SOURCE_SYNTAX when the counterpart does not parse */
  carry(pair: ProjectPair, newer: SourceFile, statements: readonly StatementRef[]): CarriedStatements {
    const own = pair.counterpart(newer.path)
    const text = own === undefined ? undefined : pair.older.read(own)
    if (own !== undefined && text !== undefined) {
      const older = { path: own, text }
      const { propagation, isUsual: isSettled } = this.#propagate(pair, newer, statements, [], older)
      if (isSettled || !hasOthers(pair, newer.path))
        return finish([{ statements, older, propagation, shares: [] }])
    } else if (!hasOthers(pair, newer.path)) return { status: 'absent' }
    return this.#carryApart(pair, newer, statements)
  }

  /** What becomes of `statements` in the given old file, whichever file they would go to. @throws FlorError SOURCE_SYNTAX */
  propagate(
    pair: ProjectPair,
    newer: SourceFile,
    statements: readonly StatementRef[],
    older: SourceFile,
  ): Propagation {
    return this.#propagate(pair, newer, statements, [], older).propagation
  }

  /** Each statement to the file that is chosen for it. */
  #carryApart(pair: ProjectPair, newer: SourceFile, statements: readonly StatementRef[]): CarriedStatements {
    const tree = parseCached(newer)
    const wanted = statementsOf(tree, statements)
    const groups = new Map<string, { refs: StatementRef[]; shares: readonly FileShare[] }>()
    const lost: StatementRef[] = []
    for (const reference of statements) {
      const [statement] = statementsOf(tree, [reference])
      const choice = statement && chooseFile(pair, newer, statement, wanted)
      if (choice?.status === 'declined') return { ...choice, parts: [] }
      if (choice?.status === 'chosen') {
        const { refs, shares } = groups.get(choice.path) ?? { refs: [], shares: choice.shares }
        groups.set(choice.path, { refs: [...refs, reference], shares })
      } else lost.push(reference)
    }
    if (groups.size === 0) return { status: 'absent' }
    const [first] = lost
    if (first !== undefined) {
      const message = `the code around line ${first.line} of ${newer.path} has no counterpart`
      return { status: 'declined', reason: 'no-block', message, candidates: [], parts: [] }
    }
    const parts: CarriedPart[] = []
    for (const [path, { refs: group, shares }] of groups) {
      const older = { path, text: pair.older.read(path) ?? '' }
      const beside = statements.filter((one) => !group.includes(one))
      const { propagation } = this.#propagate(pair, newer, group, beside, older)
      parts.push({ statements: group, older, propagation, shares })
    }
    return finish(parts)
  }

  #propagate(
    pair: ProjectPair,
    newer: SourceFile,
    statements: readonly StatementRef[],
    beside: readonly StatementRef[],
    older: SourceFile,
  ): Known {
    const starts = [statements, beside].map((list) => list.map(({ start }) => start).join())
    const key = [newer.path, older.path, ...starts, older.text].join('\0')
    const before = this.#known.get(key)
    if (before !== undefined) return before
    const trees = [parseCached(newer), parseCached(older)] as const
    const links = new ProjectLinks(pair, ...trees)
    const propagation = propagate(newer, statements, older, { beside, links })
    const wanted = statementsOf(trees[0], [...statements, ...beside])
    const known = {
      propagation,
      isUsual: propagation.status !== 'declined' && isUsual(newer, wanted, older),
    }
    if (!links.isConsulted) this.#known.set(key, known)
    return known
  }
}

function finish(parts: readonly CarriedPart[]): CarriedStatements {
  for (const { propagation, older } of parts) {
    if (propagation.status !== 'declined') continue
    const { reason, message } = propagation
    const candidates = propagation.candidates.map((line) => ({ path: older.path, line }))
    return { status: 'declined', reason, message, candidates, parts }
  }
  return { status: 'carried', parts }
}

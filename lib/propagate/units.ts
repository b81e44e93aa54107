import { canStandFor, formatImported } from './imports.js'
import { statementAt } from './loops.js'
import { nearLines, type Placement, type Versions } from './placement.js'
import { checkRepetition } from './repetition.js'
import { isOwn, resolveNames, tokensOf } from './resolve.js'
import { Declined } from './result.js'
import { findNeighbourhood } from './siblings.js'
import type { Binding, Block, ImportedName, Statement, SyntaxTree, Token } from './syntax.js'
import { lineAt } from './syntax.js'

/** A statement to insert: a wanted one, or one that a wanted one needs. */
export interface Unit {
  readonly statement: Statement
  readonly kind: 'statement' | 'helper'
  /** The unit that needs this one; absent for wanted ones. */
  readonly neededBy?: Unit
  placement?: Placement
}

/** What is to be inserted: units, dependents before what they need, and imported names. */
export interface Slice {
  readonly units: readonly Unit[]
  readonly imports: readonly Binding[]
  /** Everything that units and imports declare for others. */
  readonly brought: ReadonlySet<Binding>
}

/**
 * What to insert for a wanted statement: itself, or the outermost control statement around it (an `if`, a
 * loop, a callback) that is new as a whole and so has no place to put the statement in.
 */
export function outermostNew(versions: Versions, wanted: Statement): Statement {
  const { comparison, apart } = versions
  let unit = wanted
  for (;;) {
    const owner = unit.block.owner
    if (!owner || findNeighbourhood(comparison, unit, apart)) return unit
    if (!isControl(versions, owner, unit) || comparison.pairing.image(owner)) return unit
    const other = formOf(versions, owner)
    if (other)
      throw new Declined(
        'no-room',
        `line ${other.line} is an old form of line ${owner.line}, with no block that line ${wanted.line} could stand in`,
        [other.line],
      )
    unit = owner
  }
}

/**
 * Whether `owner` only decides when and how often `unit` runs: an `if`, a loop, a `try`, a repeating callback, with
 * nothing else in it than declarations and logs. Other code in it would run in the old version for the first time.
 */
function isControl(versions: Versions, owner: Statement, unit: Statement): boolean {
  const { kind, repeats } = unit.block
  if (
    owner.role !== 'plain' ||
    kind === 'function' ||
    kind === 'members' ||
    (kind === 'callback' && !repeats)
  )
    return false
  return versions.newer.statements
    .slice(owner.index + 1, owner.lastIndex)
    .every(
      (statement) =>
        statement === unit ||
        (statement.start >= unit.start && statement.end <= unit.end) ||
        statement.role === 'declaration' ||
        statement.logNames.length > 0,
    )
}

/** An unpaired old statement that does what `statement` does, though its form gives it no counterpart. */
function formOf({ comparison }: Versions, statement: Statement): Statement | undefined {
  const block = findNeighbourhood(comparison, statement, new Set())?.block
  return block?.statements.find(
    (other) =>
      comparison.pairing.origin(other) === undefined &&
      comparison.similarity.affinity(statement, other) > 0.5,
  )
}

/**
 * The backward slice: follows names that the old version lacks to the added statements that declare and
 * assign them, and to imports.
 * @throws Declined
 */
export function collectSlice(versions: Versions, wanted: readonly Statement[]): Slice {
  const { newer, older, comparison } = versions
  const units: Unit[] = []
  const imports: Binding[] = []
  const brought = new Set<Binding>()
  const isCovered = (statement: Statement) =>
    units.some((unit) => unit.statement.start <= statement.start && statement.end <= unit.statement.end)
  const add = (statement: Statement, kind: Unit['kind'], neededBy?: Unit) => {
    const whole = outermostNew(versions, statement)
    if (isCovered(whole)) return
    units.push({ statement: whole, kind, ...(neededBy ? { neededBy } : {}) })
    for (const binding of whole.declares) brought.add(binding)
  }
  for (const statement of wanted) add(statement, 'statement')
  const made = madeGlobals(newer)
  for (let i = 0; i < units.length; i++) {
    const unit = units[i] as Unit
    const block = findNeighbourhood(comparison, unit.statement, versions.apart)?.block
    if (!block && unit.kind === 'statement')
      throw new Declined(
        'no-block',
        `the code around line ${unit.statement.line} has no counterpart`,
        nearLines(versions, unit.statement),
      )
    const { missing, captured, contested } = resolveNames(
      newer,
      older,
      comparison,
      unit.statement,
      block ?? older.program,
      brought,
    )
    checkGlobals(versions, unit.statement, made)
    for (const { name, by } of captured) {
      const line = lineAt(older.lineStarts, by.start)
      throw new Declined(
        'unresolved-name',
        `\`${name}\` is something else in the old version (line ${line})`,
        [line],
      )
    }
    for (const { binding, by } of contested)
      throw new Declined(
        'unresolved-name',
        `\`${binding.name}\`, read at line ${unit.statement.line}, can be ${by.map(({ name }) => `\`${name}\``).join(' or ')} in the old version`,
        by.map(({ start }) => lineAt(older.lineStarts, start)),
      )
    for (const binding of missing) {
      if (brought.has(binding)) continue
      const link = comparison.links?.find(binding)
      if (link?.kind === 'none')
        throw new Declined(
          'unresolved-name',
          `\`${binding.name}\`, read at line ${unit.statement.line}: ${link.message}`,
        )
      if (link?.kind === 'binding')
        throw nameTaken(versions, binding, hidingOf(versions, link.binding, block))
      if (link?.kind === 'import' || (binding.imported && binding.declaredIn?.role === 'import')) {
        const taken = older.resolve(binding.name, older.program)
        const hiding = older.resolve(binding.name, block ?? older.program)
        if (taken && !link && canStandFor(newer, binding, older, taken))
          throw nameTaken(versions, binding, hiding ?? taken)
        if (taken) throw importTaken(versions, importedAs(versions, binding), taken)
        imports.push(binding)
        brought.add(binding)
        continue
      }
      for (const source of sourcesOf(versions, unit, binding)) add(source, 'helper', unit)
      brought.add(binding)
    }
  }
  for (const unit of units) {
    if (unit.kind === 'helper') checkState(versions, unit, brought)
    checkRepetition(versions, unit)
  }
  return { units, imports, brought }
}

/** The globals that a version makes itself, by assigning them, with the first such place. */
function madeGlobals({ tokens }: SyntaxTree): Map<string, Token> {
  const made = new Map<string, Token>()
  for (const token of tokens)
    if (token.isWrite && !token.binding && !made.has(token.text)) made.set(token.text, token)
  return made
}

/** A global that the new version makes is none that the old one has too. @throws Declined */
function checkGlobals({ newer, older }: Versions, statement: Statement, made: Map<string, Token>): void {
  if (made.size === 0) return
  for (const { text, role, binding } of tokensOf(newer, statement)) {
    const maker = role === 'name' && !binding ? made.get(text) : undefined
    if (!maker || isInStatement(maker, statement)) continue
    if (older.tokens.some((other) => other.role === 'name' && other.text === text)) continue
    throw new Declined(
      'unresolved-name',
      `\`${text}\`, read at line ${statement.line}, is a global that line ${lineAt(newer.lineStarts, maker.start)} makes, and the old version has none`,
    )
  }
}

function isInStatement(token: Token, statement: Statement): boolean {
  return statement.start <= token.start && token.end <= statement.end
}

/** The added statements that give `binding` its value: its declaration, and what assigns or fills it. */
function sourcesOf(versions: Versions, unit: Unit, binding: Binding): Statement[] {
  const { comparison, newer } = versions
  const declaration = binding.declaredIn
  const unresolved = (why: string, candidates: readonly number[] = []) =>
    new Declined(
      'unresolved-name',
      `\`${binding.name}\`, read at line ${unit.statement.line}, ${why}`,
      candidates,
    )
  if (!declaration || binding.kind === 'parameter') throw unresolved('has no counterpart')
  const image = comparison.pairing.image(declaration)
  if (image) throw unresolved(`has no counterpart in line ${image.line}`, [image.line])
  if (declaration.start <= unit.statement.start && unit.statement.end <= declaration.end)
    throw unresolved('belongs to a statement around it that the old version lacks')
  const sources = new Set([declaration])
  const fillers = binding.references
    .filter((token) => !token.isDeclaration)
    .flatMap((token) => {
      const statement = statementAt(newer, token.start)
      return statement?.head[0] === token ? statement : []
    })
  for (const writer of [...binding.writers, ...fillers]) {
    if (writer === declaration || isOwnedBy(writer, declaration) || versions.apart.has(writer)) continue
    const other = comparison.pairing.image(writer)
    if (other && binding.writers.has(writer))
      throw unresolved(`is assigned at line ${writer.line}, which is another statement there`, [other.line])
    if (!other && writer.role !== 'jump') sources.add(writer)
  }
  return [...sources]
}

function isOwnedBy(inner: Statement, outer: Statement): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

/** A helper must not assign what the old version's own code uses. */
function checkState(versions: Versions, unit: Unit, brought: ReadonlySet<Binding>): void {
  for (const token of tokensOf(versions.newer, unit.statement)) {
    const { binding } = token
    if (!token.isWrite || !binding || isOwn(unit.statement, binding) || brought.has(binding)) continue
    throw new Declined(
      'changes-state',
      `line ${unit.statement.line}, which the statement needs, assigns \`${token.text}\`, which the old version uses itself`,
    )
  }
}

/** What the old version has to import for a name that it lacks: as the new version does, unless other files tell. */
export function importedAs({ comparison }: Versions, binding: Binding): ImportedName {
  const link = comparison.links?.find(binding)
  if (link?.kind === 'import') return link.name
  return binding.imported ?? { module: '', imported: binding.name }
}

/** What hides an old name at a place from which it should be read. */
function hidingOf({ older }: Versions, binding: Binding, block: Block | undefined): Binding {
  return older.resolve(binding.name, block ?? older.program) ?? binding
}

export function nameTaken(versions: Versions, binding: Binding, by: Binding): Declined {
  const line = lineAt(versions.older.lineStarts, by.start)
  return new Declined(
    'name-taken',
    `\`${binding.name}\` is the name of something else in the old version (line ${line})`,
    [line],
  )
}

/** The old version has the name, though not from that module. */
function importTaken(versions: Versions, imported: ImportedName, by: Binding): Declined {
  const line = lineAt(versions.older.lineStarts, by.start)
  const other = by.imported ? formatImported(by.imported) : 'something of its own'
  return new Declined(
    'name-taken',
    `\`${by.name}\` is ${formatImported(imported)}, and ${other} in the old version (line ${line})`,
    [line],
  )
}

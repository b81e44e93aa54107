import type { Comparison } from './compare.js'
import { canStandFor } from './imports.js'
import { getLanguage } from './language.js'
import type { Link } from './links.js'
import type { Binding, Block, Statement, SyntaxTree, Token } from './syntax.js'
import { enclosingBlocks } from './syntax.js'

/** What a name of the new version is in the old one: a binding, or a free name. */
export type Target = Binding | string

/** What the names of a statement mean at a place in the old version. */
export interface Resolution {
  /** Text to write for a token, where it differs. */
  readonly translations: ReadonlyMap<Token, string>
  /** What each name stands for that neither the statement nor one brought along declares. */
  readonly targets: ReadonlyMap<Token, Target>
  /** Bindings that the old version lacks. */
  readonly missing: readonly Binding[]
  /** Free names that the old version binds to something of its own at that place. */
  readonly captured: readonly { readonly name: string; readonly by: Binding }[]
  /** Bindings that stand in the place of several old ones, of which none is in more places than the others. */
  readonly contested: readonly { readonly binding: Binding; readonly by: readonly Binding[] }[]
  /** Old bindings that are read, which must be defined before. */
  readonly reads: readonly Binding[]
}

/** Tokens of a statement, those inside its blocks included. */
export function tokensOf(tree: SyntaxTree, statement: Statement): readonly Token[] {
  return tree.tokens.slice(statement.firstToken, statement.tokenEnd)
}

/** Whether a binding belongs to the statement itself: declared in it, at any depth. */
export function isOwn(statement: Statement, binding: Binding): boolean {
  return binding.start >= statement.start && binding.start < statement.end
}

/**
 * Looks up every name of `statement` from `block` of the old version. Names of `brought` are those that
 * statements brought along declare.
 */
export function resolveNames(
  newer: SyntaxTree,
  older: SyntaxTree,
  comparison: Comparison,
  statement: Statement,
  block: Block,
  brought: ReadonlySet<Binding>,
): Resolution {
  const translations = new Map<Token, string>()
  const targets = new Map<Token, Target>()
  const missing = new Set<Binding>()
  const captured: { name: string; by: Binding }[] = []
  const contested = new Map<Binding, readonly Binding[]>()
  const reads = new Set<Binding>()
  const { names } = comparison
  for (const token of tokensOf(newer, statement)) {
    if (token.role === 'field') {
      const field = names.fields.get(token.text)
      if (field !== undefined) translations.set(token, field)
    }
    if (token.role !== 'name') continue
    const { binding } = token
    if (!binding) {
      const by = older.resolve(token.text, block)
      if (by && !isGlobalOfModule(older, by) && !token.isType) captured.push({ name: token.text, by })
      targets.set(token, by ?? token.text)
      continue
    }
    if (isOwn(statement, binding) || brought.has(binding)) continue
    const image = visibleImage(newer, older, comparison, binding, { from: statement.block, to: block })
    if (image === undefined) {
      if (!token.isType) missing.add(binding)
    } else {
      if (typeof image !== 'string') {
        reads.add(image)
        const visible = names
          .rivals(binding, image)
          .filter(
            (other) =>
              older.resolve(other.name, block) === other && canStandFor(newer, binding, older, other),
          )
        const rivals = [...visible, ...names.doubles(binding, image)]
        if (rivals.length > 0 && !token.isType) contested.set(binding, [image, ...rivals])
      }
      targets.set(token, image)
      const name = typeof image === 'string' ? image : image.name
      if (name !== token.text) translations.set(token, name)
    }
  }
  return {
    translations,
    targets,
    missing: [...missing],
    captured,
    contested: [...contested].map(([binding, by]) => ({ binding, by })),
    reads: [...reads],
  }
}

/** An import that may be what is a global elsewhere (`performance`, `tf`): one of a package, not of the project. */
function isGlobalOfModule(older: SyntaxTree, { kind, imported }: Binding): boolean {
  return kind === 'import' && !(imported && getLanguage(older.source.path).isRelative(imported.module))
}

/**
 * The old binding (or free name) that stands for `binding` and can be seen from block `to` under its own name.
 * A new parameter and the variable passed for it can both be one old variable: then the one that `from` sees counts.
 */
export function visibleImage(
  newer: SyntaxTree,
  older: SyntaxTree,
  comparison: Comparison,
  binding: Binding,
  { from, to }: { from: Block; to: Block },
): Target | undefined {
  const { names, links } = comparison
  if (binding.imported) {
    const link = links?.find(binding)
    if (link) return linkedBinding(older, link, to)
  }
  const fits = (other: Target) => canStandFor(newer, binding, older, other)
  const candidates = names.candidates(binding)
  const best = names.bindings.get(binding)
  // One use alone does not prove that a name was changed.
  const isProven =
    best?.name === binding.name || candidates.some(([other, weight]) => other === best && weight >= 2)
  if (best && isProven && fits(best) && older.resolve(best.name, to) === best) return best
  const free = names.globals.get(binding)
  if (free !== undefined && (free === binding.name || binding.imported) && fits(free))
    if (!older.resolve(free, to)) return free
  for (const [other, weight] of candidates) {
    if (typeof other === 'string' || weight < 1.5 || older.resolve(other.name, to) !== other) continue
    if (!fits(other)) continue
    const rival = names.origins.get(other)
    const isSeen = rival !== undefined && rival !== binding && newer.resolve(rival.name, from) === rival
    if (isSeen && !(binding.kind === 'parameter' && weight >= 3)) continue
    return other
  }
  const other = namesake(older, comparison, binding, { from, to })
  if (other && fits(other)) return other
  const link = links?.find(binding)
  return link && linkedBinding(older, link, to)
}

/** What other files say that a name is called here, where nothing hides it. */
function linkedBinding(older: SyntaxTree, link: Link, to: Block): Binding | undefined {
  return link.kind === 'binding' && older.resolve(link.binding.name, to) === link.binding
    ? link.binding
    : undefined
}

/**
 * A local of the same name and kind in the function of the place, declared in the counterpart of the block that
 * declares the new one, which is no other new name's counterpart.
 */
function namesake(
  older: SyntaxTree,
  comparison: Comparison,
  binding: Binding,
  { from, to }: { from: Block; to: Block },
): Binding | undefined {
  const { names, pairing } = comparison
  const other = older.resolve(binding.name, to)
  if (!other || other.kind !== binding.kind || names.origins.has(other) || names.bindings.has(binding))
    return undefined
  const block = binding.declaredIn && pairing.blockImage(binding.declaredIn.block)
  if (block !== other.declaredIn?.block) return undefined
  const isLocal = binding.block.kind !== 'program' && functionBlock(binding.block) === functionBlock(from)
  return isLocal && functionBlock(other.block) === functionBlock(to) ? other : undefined
}

/** The nearest block around `block` whose code runs as a unit: a function, callback, or the program. */
export function functionBlock(block: Block): Block {
  for (const one of enclosingBlocks(block))
    if (
      one.kind === 'function' ||
      one.kind === 'callback' ||
      one.kind === 'members' ||
      one.kind === 'program'
    )
      return one
  return block
}

/** Whether `binding` has its value when the code at `offset` in `block` runs, as far as the text's order tells. */
export function isDefinedAt(binding: Binding, block: Block, offset: number): boolean {
  if (binding.isHoisted || binding.kind === 'parameter') return true
  if (functionBlock(binding.block) !== functionBlock(block)) return true
  const { declaredIn } = binding
  // A loop's variable is defined inside the loop, other names behind their statement.
  if (declaredIn && declaredIn.start <= offset && offset < declaredIn.end) return binding.start < offset
  return (declaredIn?.end ?? binding.start) <= offset
}

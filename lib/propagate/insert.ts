import { applyEdits } from './apply-edits.js'
import { getLanguage, type LocalImport } from './language.js'
import { layOut } from './layout.js'
import { offsetOf, place, type Versions } from './placement.js'
import { haveSameReceiver } from './receiver.js'
import { checkReferences, type InsertedStatement } from './references.js'
import { resolveNames } from './resolve.js'
import { Declined, type Insertion, type TextEdit } from './result.js'
import type { Gap } from './siblings.js'
import { type Edit, type Layout, spliceInto } from './splice.js'
import {
  type Binding,
  findLineStarts,
  type ImportedName,
  lineAt,
  type Statement,
  type SyntaxTree,
  type Token,
} from './syntax.js'
import { importedAs, nameTaken, type Slice, type Unit } from './units.js'
import { type InsertedRange, verify } from './verify.js'

/** Something to insert at a gap: a unit, or a generated import. */
interface Item {
  readonly gap: Gap
  readonly kind: Insertion['kind']
  /** Order among items of one gap. */
  readonly order: number
  readonly format: (indent: string, mark: string) => string
  /** The statement itself; for an import, where its own neighbours say where it goes. Decides blank lines. */
  readonly statement?: Statement
  /** For a statement: what its names are to mean. */
  readonly meaning?: Omit<InsertedStatement, 'start' | 'end'>
  /** For an import: the new version's names that it is for. */
  readonly names?: readonly Binding[]
  readonly module?: string
}

interface Inserted {
  readonly text: string
  readonly insertions: readonly Insertion[]
  readonly renames: Readonly<Record<string, string>>
  readonly requires: readonly string[]
  readonly edits: readonly TextEdit[]
}

/** Writes a placed slice into the old text and verifies the result. @throws Declined */
export function insertSlice(versions: Versions, slice: Slice): Inserted {
  const renames: Record<string, string> = {}
  const items = [
    ...importItems(versions, slice),
    ...slice.units.map((unit) => unitItem(versions, slice, unit, renames)),
  ]
  checkTaken(versions, slice)
  let failure: Declined | undefined
  for (const terminate of ['none', 'behind', 'around'] as const) {
    try {
      return { ...write(versions, items, terminate), renames }
    } catch (error) {
      if (!(error instanceof Declined) || error.reason !== 'does-not-parse') throw error
      failure ??= error
    }
  }
  throw failure
}

function unitItem(versions: Versions, slice: Slice, unit: Unit, renames: Record<string, string>): Item {
  const { newer, older, comparison } = versions
  const { statement } = unit
  const gap = unit.placement?.gap
  if (!gap) throw new Declined('no-block', `line ${statement.line} has no place`)
  if (statement.waits && !gap.block.isAsync)
    throw new Declined('waits', `line ${statement.line} waits, and the code there cannot`, [
      lineAt(older.lineStarts, offsetOf(gap)),
    ])
  if (statement.usesReceiver && !haveSameReceiver(statement.block, gap.block, comparison.pairing))
    throw new Declined(
      'unresolved-name',
      `\`this\` (or \`super\`, \`arguments\`), which line ${statement.line} uses, is something else in the old version`,
      [lineAt(older.lineStarts, offsetOf(gap))],
    )
  const language = getLanguage(older.source.path)
  const { translations, targets, missing } = resolveNames(
    newer,
    older,
    comparison,
    statement,
    gap.block,
    slice.brought,
  )
  const [lost] = missing
  if (lost)
    throw new Declined(
      'unresolved-name',
      `\`${lost.name}\`, read at line ${statement.line}, has no counterpart`,
    )
  checkCapture(versions, slice, unit, translations)
  const replacements = new Map<number, { end: number; text: string }>()
  for (const [token, name] of translations) {
    renames[token.text] = name
    const text = token.shorthand ? language.formatShorthand(token.text, name) : name
    replacements.set(token.start, { end: token.end, text })
  }
  return {
    gap,
    kind: unit.kind,
    order: statement.start,
    statement,
    meaning: { statement, kind: unit.kind, translations, targets },
    format: (indent, mark) => layOut(newer, older, statement, replacements, indent, mark),
  }
}

/** A translated name must not meet a binding of the statement's own on its way out. */
function checkCapture(
  versions: Versions,
  slice: Slice,
  unit: Unit,
  translations: ReadonlyMap<Token, string>,
): void {
  const own = versions.newer.bindings.filter(
    (binding) =>
      slice.brought.has(binding) ||
      (binding.start >= unit.statement.start && binding.start < unit.statement.end),
  )
  const taken = new Set(own.map(({ name }) => name))
  for (const [token, name] of translations) {
    if (token.role === 'name' && taken.has(name))
      throw new Declined(
        'name-taken',
        `\`${token.text}\` is called \`${name}\` there, and the statement declares that name`,
      )
  }
}

/** Names that units declare must be new in their old scope. */
function checkTaken(versions: Versions, slice: Slice): void {
  const { older, comparison } = versions
  for (const { statement, placement } of slice.units) {
    for (const binding of statement.declares) {
      const block = placement?.gap.block
      const by = block && older.resolve(binding.name, block)
      if (!by || (by.block !== block && binding.kind !== 'variable')) continue
      if (
        by.block === block &&
        !(binding.kind === 'variable' && comparison.names.bindings.get(binding) === by)
      )
        throw nameTaken(versions, binding, by)
    }
  }
}

function importItems(versions: Versions, slice: Slice): Item[] {
  const { newer, older } = versions
  const groups = new Map<string, { statement: Statement; names: { name: LocalImport; binding: Binding }[] }>()
  for (const binding of slice.imports) {
    if (!binding.declaredIn) continue
    const name = { ...importedAs(versions, binding), local: binding.name }
    // One import statement can become several, of the files that its names come from in the old version.
    const key = `${binding.declaredIn.index} ${name.module}`
    const { names = [] } = groups.get(key) ?? {}
    names.push({ name, binding })
    groups.set(key, { statement: binding.declaredIn, names })
  }
  return [...groups.values()].map(({ statement, names: imported }) => {
    const names = imported.map(({ name }) => name)
    const module = names[0]?.module ?? ''
    const isWhole =
      names.length === statement.declares.length &&
      newer.modules === older.modules &&
      imported.every(({ name, binding }) => isImportedAs(binding, name))
    const text = newer.source.text.slice(statement.start, statement.end)
    const language = getLanguage(older.source.path)
    const own = ownImportGap(versions, statement)
    return {
      gap: own ?? endOfImports(older),
      kind: 'import',
      ...(own ? { statement } : {}),
      order: statement.start,
      module,
      names: imported.map(({ binding }) => binding),
      format: (_indent, mark) =>
        isWhole ? text.replace(/\r\n|\r|\n/g, mark) : language.formatImport(older, names),
    }
  })
}

/** Whether the new version imports a name just so. */
function isImportedAs({ imported }: Binding, name: ImportedName): boolean {
  return imported?.module === name.module && imported.imported === name.imported
}

/** Where an import goes by its neighbours; undefined where they do not say. */
function ownImportGap(versions: Versions, statement: Statement): Gap | undefined {
  const { older } = versions
  try {
    const { gap } = place(versions, statement, new Set())
    return gap.block === older.program && statement.role === 'import' ? gap : undefined
  } catch (error) {
    if (!(error instanceof Declined)) throw error
    return undefined
  }
}

/** Behind the last import of the head of the file. */
function endOfImports({ program }: SyntaxTree): Gap {
  const firstOther = program.statements.findIndex(({ role }) => role !== 'import')
  return { block: program, position: firstOther === -1 ? program.statements.length : firstOther }
}

function write(
  versions: Versions,
  items: readonly Item[],
  terminate: Layout['terminate'],
): Omit<Inserted, 'renames'> {
  const { newer, older, comparison } = versions
  const language = getLanguage(older.source.path)
  const edits: { edit: Edit; items: readonly Item[] }[] = []
  for (const group of groupByGap(items)) {
    const [first] = group as [Item]
    const layout = layoutOf(versions, group, terminate)
    for (const edit of spliceInto(
      older,
      language,
      first.gap,
      group.map(({ format }) => format),
      layout,
    ))
      edits.push({ edit, items: edit.ranges.length > 0 ? group : [] })
  }
  edits.sort((x, y) => x.edit.offset - y.edit.offset)
  const applied = applyEdits(
    older.source.text,
    edits.map(({ edit }) => edit),
  )
  const { text, shift } = applied
  const placed = edits.flatMap(({ items: group }, k) =>
    (applied.ranges[k] ?? []).map(([start, end], i) => ({ item: group[i] as Item, start, end })),
  )
  const ranges: InsertedRange[] = placed.map(({ item, start, end }) => ({
    start,
    end,
    mayBind: item.kind === 'statement',
  }))
  const result = verify(language, older, text, ranges, shift)
  const imports = new Map<Binding, readonly [number, number]>()
  for (const { item, start, end } of placed)
    for (const binding of item.names ?? []) imports.set(binding, [start, end])
  checkReferences(
    { language, newer, older, result, shift, images: comparison.names.bindings },
    placed.flatMap(({ item, start, end }) => (item.meaning ? { ...item.meaning, start, end } : [])),
    imports,
  )
  const starts = findLineStarts(text)
  const insertions = placed.map(({ item, start, end }) => ({
    line: lineAt(starts, start),
    text: text.slice(start, end),
    kind: item.kind,
    ...(item.module === undefined ? {} : { module: item.module }),
  }))
  const modules = items.flatMap(({ module }) =>
    module !== undefined && language.isRelative(module) ? module : [],
  )
  const written = edits.map(({ edit }) => ({ offset: edit.offset, text: edit.text }))
  return { text, insertions, requires: [...new Set(modules)], edits: written }
}

function groupByGap(items: readonly Item[]): Item[][] {
  const groups: Item[][] = []
  for (const item of [...items].sort((x, y) => x.order - y.order)) {
    const group = groups.find(
      ([one]) => one?.gap.block === item.gap.block && one.gap.position === item.gap.position,
    )
    if (group) group.push(item)
    else groups.push([item])
  }
  return groups.sort((x, y) => offsetOf((x[0] as Item).gap) - offsetOf((y[0] as Item).gap))
}

/** On which side of blank lines and comments the items stand: as their first one does in the new version. */
function layoutOf(versions: Versions, group: readonly Item[], terminate: Layout['terminate']): Layout {
  const { newer } = versions
  const statement = group.find((item) => item.statement)?.statement
  const none = { blankAbove: false, blankBelow: false, blankBetween: [] }
  if (!statement) return { side: 'above', headings: [], ...none, terminate }
  const siblings = statement.block.statements
  const text = newer.source.text
  const around = (one: Statement) => ({
    above: text.slice(one.block.statements[one.position - 1]?.end ?? one.block.start, one.start),
    below: text.slice(one.end, one.block.statements[one.position + 1]?.start ?? one.block.end),
  })
  const isBlank = (part: string) => /\n\s*\n/.test(part)
  const isApart = (part: string) => isBlank(part) || /\/[/*]/.test(part)
  const { above, below } = around(statement)
  const isGluedAbove = !isApart(above) && siblings[statement.position - 1] !== undefined
  const isGluedBelow = !isApart(below) && siblings[statement.position + 1] !== undefined
  const from = statement.start - above.length
  const headings = newer.comments
    .filter(
      ({ start, end }) => start >= from && end <= statement.start && text.slice(from, start).includes('\n'),
    )
    .map((comment) => comment.text.replace(/\s+/g, ' '))
  const isHelper = group[0]?.kind === 'helper'
  const last = group.at(-1)
  return {
    side: isGluedBelow && !isGluedAbove ? 'below' : 'above',
    headings,
    blankAbove: isHelper && isBlank(above),
    blankBelow:
      last?.kind === 'helper' && last.statement !== undefined && isBlank(around(last.statement).below),
    blankBetween: group.map((item) => item.statement !== undefined && isBlank(around(item.statement).above)),
    terminate,
  }
}

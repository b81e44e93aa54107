import type * as t from '@babel/types'
import { assign } from './assignment.js'
import { defineClass } from './classes.js'
import { evaluate } from './expressions.js'
import { Cell, join, type Value } from './heap.js'
import { MISSING_FILE } from './known-effects.js'
import type { Machine } from './machine.js'
import { readMember } from './members.js'
import type { Module } from './module.js'
import { execute, executeAll } from './statements.js'
import { literalName } from './syntax.js'

/** Walks a module's top level, the first time that it is imported in a walk. */
export function runModule(machine: Machine, module: Module): void {
  if (!machine.isFirstVisit(module.ast, module, 'module')) return
  const { module: importer, frame, control } = machine
  machine.module = module
  machine.frame = { code: undefined, sticky: new Set() }
  // Imports are evaluated before everything else, wherever they stand.
  for (const node of module.ast.program.body) if (node.type === 'ImportDeclaration') execute(machine, node)
  executeAll(
    machine,
    module.ast.program.body.filter((it) => it.type !== 'ImportDeclaration'),
  )
  Object.assign(machine, { module: importer, frame, control })
}

/** The value of `import(…)`, `require(…)`: a project file's exports, or a package. */
export function importModule(machine: Machine, source: t.Node | undefined, node: t.Node): Value {
  const specifier = literalName(source?.type === 'Identifier' ? undefined : source)
  if (specifier === undefined) return machine.fail('which module is imported is computed')
  const module = machine.load(machine.module.path, specifier)
  if (module === undefined) {
    const value = packageValue(machine, specifier)
    const isOwn = /^\.{1,2}\//.test(specifier)
    return isOwn && machine.catchDepth > 0
      ? join(value, machine.readGiven(MISSING_FILE, node, { isOfPlace: true }))
      : value
  }
  runModule(machine, module)
  if (module.exports.size === 0 && module.starSources.length === 0) {
    return readMember(machine, { objects: new Set([module.record]), reads: new Set() }, 'exports', node)
  }
  return namespaceOf(machine, module)
}

function packageValue(machine: Machine, specifier: string): Value {
  const object =
    specifier === 'git-flor' ? machine.known('flor', '') : machine.known('known', `${specifier}:`)
  return { objects: new Set([object]), reads: new Set() }
}

function namespaceOf(machine: Machine, module: Module): Value {
  const namespace = machine.made(module.ast.program, 'plain', 'namespace')
  for (const name of exportedNames(machine, module, new Set())) {
    namespace.fields.set(name, exportCell(machine, module, name))
  }
  return { objects: new Set([namespace]), reads: new Set() }
}

function exportedNames(machine: Machine, module: Module, seen: Set<Module>): string[] {
  if (seen.has(module)) return []
  seen.add(module)
  const starred = module.starSources.flatMap((source) => {
    const from = machine.load(module.path, source)
    return from === undefined ? [] : exportedNames(machine, from, seen).filter((name) => name !== 'default')
  })
  return [...module.exports.keys(), ...starred]
}

/** The cell behind an exported name: the variable itself, so that later writes are seen. */
function exportCell(machine: Machine, module: Module, name: string, seen = new Set<Module>()): Cell {
  const own = module.exports.get(name)
  if (own !== undefined) return own
  seen.add(module)
  for (const source of module.starSources) {
    const from = machine.load(module.path, source)
    if (from !== undefined && !seen.has(from) && exportedNames(machine, from, new Set()).includes(name)) {
      return exportCell(machine, from, name, seen)
    }
  }
  // Not exported yet (a cycle), or a CommonJS file's field.
  const record: Value = { objects: new Set([module.record]), reads: new Set() }
  const [exported] = readMember(machine, record, 'exports', module.ast).objects
  return name === 'default' || exported === undefined ? module.record.field('exports') : exported.field(name)
}

/** Binds what an import declaration names. */
export function executeImport(machine: Machine, node: t.ImportDeclaration): void {
  if (node.importKind === 'type' || node.importKind === 'typeof') return
  const importer = machine.module
  const module = machine.load(importer.path, node.source.value)
  if (module !== undefined) runModule(machine, module)
  for (const specifier of node.specifiers) {
    const binding = importer.bindingOf(specifier.local)
    if (binding === undefined) continue
    if (specifier.type === 'ImportNamespaceSpecifier') {
      const value = module ? namespaceOf(machine, module) : packageValue(machine, node.source.value)
      machine.hold(importer.cellOf(binding), value.objects)
      continue
    }
    const name = specifier.type === 'ImportDefaultSpecifier' ? 'default' : literalName(specifier.imported)
    if (name === undefined) continue
    if (module !== undefined) importer.alias(binding, exportCell(machine, module, name))
    else {
      const value = packageValue(machine, node.source.value)
      const member = name === 'default' ? value : readMember(machine, value, name, node)
      machine.hold(importer.cellOf(binding), member.objects)
    }
  }
}

/** Walks an export and notes the names it gives. */
export function executeExport(
  machine: Machine,
  node: t.ExportNamedDeclaration | t.ExportDefaultDeclaration | t.ExportAllDeclaration,
): void {
  const { module } = machine
  if (node.type === 'ExportAllDeclaration') {
    const from = machine.load(module.path, node.source.value)
    if (from !== undefined) runModule(machine, from)
    if (!module.starSources.includes(node.source.value)) module.starSources.push(node.source.value)
    return
  }
  if (node.type === 'ExportDefaultDeclaration') {
    const { declaration } = node
    const cell = module.exports.get('default') ?? new Cell('default')
    module.exports.set('default', cell)
    if (declaration.type === 'FunctionDeclaration') {
      machine.store(cell, evaluate(machine, declaration.id ?? declaration), node)
    } else if (declaration.type === 'ClassDeclaration') {
      const value = defineClass(machine, declaration)
      if (declaration.id) assign(machine, declaration.id, value, node)
      machine.store(cell, value, node)
    } else if (declaration.type !== 'TSDeclareFunction')
      machine.store(cell, evaluate(machine, declaration), node)
    return
  }
  if (node.declaration) {
    execute(machine, node.declaration)
    for (const identifier of declaredNames(node.declaration)) {
      const binding = module.bindingOf(identifier)
      if (binding !== undefined) module.exports.set(identifier.name, module.cellOf(binding))
    }
    return
  }
  const from = node.source ? machine.load(module.path, node.source.value) : undefined
  if (from !== undefined) runModule(machine, from)
  for (const specifier of node.specifiers) {
    const exported = literalName(specifier.exported)
    if (exported === undefined) continue
    if (specifier.type === 'ExportNamespaceSpecifier') {
      const cell = module.exports.get(exported) ?? new Cell(exported)
      machine.hold(
        cell,
        (from ? namespaceOf(machine, from) : packageValue(machine, node.source?.value ?? '')).objects,
      )
      module.exports.set(exported, cell)
    } else if (specifier.type === 'ExportSpecifier') {
      module.exports.set(exported, localCell(machine, specifier, from, node))
    }
  }
}

function localCell(
  machine: Machine,
  specifier: t.ExportSpecifier,
  from: Module | undefined,
  node: t.ExportNamedDeclaration,
): Cell {
  const local = literalName(specifier.local) ?? 'default'
  if (from !== undefined) return exportCell(machine, from, local)
  const cell = machine.module.exports.get(literalName(specifier.exported) ?? '') ?? new Cell(local)
  if (node.source) {
    machine.hold(cell, readMember(machine, packageValue(machine, node.source.value), local, node).objects)
    return cell
  }
  const binding = machine.module.bindingOf(specifier.local)
  return binding === undefined ? cell : machine.module.cellOf(binding)
}

function declaredNames(node: t.Node): t.Identifier[] {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => declaredNames(id))
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return node.id ? [node.id] : []
    case 'Identifier':
      return [node]
    case 'ObjectPattern':
      return node.properties.flatMap((it) =>
        declaredNames(it.type === 'RestElement' ? it.argument : it.value),
      )
    case 'ArrayPattern':
      return node.elements.flatMap((it) => (it ? declaredNames(it) : []))
    case 'AssignmentPattern':
      return declaredNames(node.left)
    case 'RestElement':
      return declaredNames(node.argument)
    default:
      return []
  }
}

import type { Binding } from '@babel/traverse'
import type * as t from '@babel/types'
import {
  type AbstractObject,
  type Cell,
  type Expression,
  type FunctionCode,
  reachableObjects,
} from './heap.js'
import { isLongLived, isNewEachTime } from './locality.js'
import type { Fact, Machine } from './machine.js'
import type { Module } from './module.js'
import type { Region } from './region.js'
import type { RegisteredState } from './registrations.js'
import { literalName } from './syntax.js'

/** Whether a checkpoint restores what a cell holds; where it only may, why. */
export type Exemption = { readonly kind: 'yes' | 'no' } | { readonly kind: 'maybe'; readonly why: string }

const YES: Exemption = { kind: 'yes' }
const NO: Exemption = { kind: 'no' }

/**
 * What checkpoints of a main loop restore. The runtime restores into the objects that the state consisted of when the loop was entered, and makes
 * those anew that came in later. So a field is had again where
 *
 * - its object is surely among the state: each variable and object that may hold one of its place of making, and lasts, is itself given to `checkpointing`, is
 *   read out of what was given, or belongs to it (`owned`);
 * - and, if the loop puts objects of its place into the state or takes them out of it, nothing else holds one: that would go on holding the object that was
 *   there before (`isExposed`).
 */
export class CheckpointedState {
  readonly #state: RegisteredState
  readonly #reached: ReadonlySet<AbstractObject>
  readonly #written = new Set<Cell>()
  readonly #exchanged: ReadonlySet<AbstractObject>
  readonly #covered: ReadonlySet<Cell>
  readonly #variables: readonly Cell[]
  /** Cells that hold an object, by the object. */
  readonly #holders = new Map<AbstractObject, Set<Cell>>()
  readonly #lasting: ReadonlySet<AbstractObject>
  readonly #owned: Set<AbstractObject>
  readonly #replaced: ReadonlySet<AbstractObject>
  readonly #arrows: readonly AbstractObject[]
  readonly #foreign = new Map<AbstractObject, string>()

  constructor(
    private readonly machine: Machine,
    private readonly main: Region,
  ) {
    this.#state = machine.registrations.of(main)
    this.#reached = reachableObjects(this.#state.objects)
    for (const fact of machine.facts) {
      if (!fact.region.isWithin(main) && fact.region !== machine.anytimeRegion) continue
      for (const cell of fact.targets) this.#written.add(cell)
    }
    this.#variables = [...machine.modules.values()].flatMap((module) => module.cells())
    const fields = [...machine.madeObjects, ...machine.globals.values()].flatMap((it) => [
      ...it.fields.values(),
    ])
    for (const cell of [...this.#variables, ...fields]) {
      for (const object of cell.objects) {
        const holders = this.#holders.get(object) ?? new Set()
        this.#holders.set(object, holders.add(cell))
      }
    }
    const lasting = this.#variables.filter((it) => isLongLived(machine, it, main))
    this.#lasting = reachableObjects([
      ...lasting.flatMap((it) => [...it.objects]),
      ...[...machine.globals.values()].flatMap((it) =>
        [...it.fields.values()].flatMap((cell) => [...cell.objects]),
      ),
    ])
    this.#covered = coveredCells(machine, main, this.#state)
    this.#arrows = machine.madeObjects.filter(
      (it) => it.kind === 'function' && it.node?.type === 'ArrowFunctionExpression',
    )
    this.#replaced = replacedParts(machine)
    this.#owned = new Set(this.#reached)
    this.#leaveOwned()
    const moved = [...this.#written].filter(
      ({ owner, isAssigned }) =>
        owner !== undefined && this.#reached.has(owner) && (isAssigned || !isOfLibrary(owner)),
    )
    this.#exchanged = reachableObjects(moved.flatMap((it) => [...it.objects]))
  }

  /** Whether the state that is restored at the end of iterations, or behind the nested loop `region`, has what a cell holds. */
  exemptionOf(cell: Cell, region: Region): Exemption {
    const { owner, name } = cell
    if (owner === undefined || !this.#reached.has(owner)) return NO
    if ([...cell.objects].some((it) => /^(?:function|class|generator|flor-loop)$/.test(it.kind))) return NO
    // Of a framework's object, what the framework itself knows is restored, not what a script hangs on it.
    if (
      owner.kind === 'external' &&
      cell.isAssigned &&
      !/^(learningRate|iterations|stopTraining)_?$/.test(name)
    )
      return { kind: 'maybe', why: 'it hangs on an object of a package' }
    if (owner.kind === 'array' && cell.isAssigned && isNamed(name) && owner.node?.type !== 'ArrayExpression')
      return { kind: 'maybe', why: 'it hangs on a list' }
    if (!this.#owned.has(owner)) return { kind: 'maybe', why: this.#foreign.get(owner) ?? '' }
    if (this.#exchanged.has(owner)) {
      const why = this.#exposure(owner, region)
      if (why !== undefined) return { kind: 'maybe', why }
    }
    return YES
  }

  /** Objects that come out of a checkpoint as others than those that something else holds. */
  exposed(region: Region): AbstractObject[] {
    return [...this.#exchanged].filter(
      (it) => this.#reached.has(it) && this.#exposure(it, region) !== undefined,
    )
  }

  /** What the loop puts into the state, and no restore could make anew; undefined where there is nothing. */
  get strange(): { readonly object: AbstractObject; readonly why: string } | undefined {
    for (const object of this.#exchanged) {
      const why = this.#reached.has(object) ? this.#strangeness(object) : undefined
      if (why !== undefined) return { object, why }
    }
    return undefined
  }

  /** Takes objects out of the owned ones until each of them is held by others, given variables, and nothing else. */
  #leaveOwned(): void {
    for (let before = -1; before !== this.#owned.size; ) {
      before = this.#owned.size
      for (const object of this.#owned) {
        // An optimizer that a model was compiled with is the model's, whatever variable names it, unless the model got another one.
        if (
          this.#state.restored.has(object) ||
          (isOfLibrary(object) && !this.#state.objects.has(object) && !this.#replaced.has(object))
        )
          continue
        for (const holder of [...(this.#holders.get(object) ?? []), ...this.#closuresOf(object)]) {
          if (!this.#isStranger(holder, object)) continue
          this.#owned.delete(object)
          this.#foreign.set(
            object,
            `not every object like it is checkpointed: \`${holder.label}\` may hold another`,
          )
          break
        }
      }
    }
  }

  /** What holds arrow functions that have the object as `this`, outside of itself. */
  #closuresOf(object: AbstractObject): readonly Cell[] {
    const arrows = this.#arrows.filter((it) => it.code?.self.objects.has(object))
    return arrows.flatMap((it) => [...(this.#holders.get(it) ?? [])]).filter(({ owner }) => owner !== object)
  }

  #isStranger(holder: Cell, object: AbstractObject): boolean {
    const { owner } = holder
    if (owner === undefined)
      return (
        !this.#covered.has(holder) && !this.#isLater(holder) && isLongLived(this.machine, holder, this.main)
      )
    if (this.#owned.has(owner) || this.#covered.has(holder)) return false
    if (owner.kind === 'known') return true
    return this.#lasting.has(owner) && !isNewEachTime(this.machine, holder, this.main) && owner !== object
  }

  /** Whether a variable gets its values behind the main loop only, and is another one when a loop around comes back. */
  #isLater(holder: Cell): boolean {
    const { facts, rootRegion } = this.machine
    const { parent } = this.main
    if (parent !== rootRegion && (parent === undefined || !isNewEachTime(this.machine, holder, parent)))
      return false
    const last = facts.findLastIndex((it) => it.region.isWithin(this.main))
    const writes = facts.flatMap((it, i) => (it.targets.includes(holder) ? [i] : []))
    return writes.length > 0 && writes.every((i) => i > last)
  }

  /** What else holds an object that may be exchanged for another: it would go on with the old one. */
  #exposure(object: AbstractObject, region: Region): string | undefined {
    for (const holder of this.#holders.get(object) ?? []) {
      const { owner } = holder
      const isOutside =
        owner === undefined
          ? isLongLived(this.machine, holder, region)
          : !this.#reached.has(owner) &&
            (this.#lasting.has(owner) || region !== this.main) &&
            !isNewEachTime(this.machine, holder, region)
      if (isOutside) return `the loop exchanges it, and \`${holder.label}\` may hold the same`
    }
    return undefined
  }

  /** What a new object lacks that is made in place of one that came into the state in the loop. */
  #strangeness(object: AbstractObject): string | undefined {
    if (object.kind === 'external' && object.origin === 'package' && !object.isView)
      return 'the loop puts an object of a package into the state'
    if (object.kind === 'generator') return 'the loop puts an iterator into the state'
    const isNew = [...object.madeIn].some((it) => it.isWithin(this.main))
    return isNew && object.classObject !== undefined
      ? 'the loop puts an instance of a class into the state'
      : undefined
  }
}

/** Optimizers of models that are compiled with one or another: a checkpoint holds the one that the model has by then. */
function replacedParts({ compiled }: Machine): Set<AbstractObject> {
  return new Set([...compiled.values()].filter((it) => it.size > 1).flatMap((it) => [...it]))
}

/** What TensorFlow.js puts into its own objects is restored by who knows them. */
function isOfLibrary({ kind, origin }: AbstractObject): boolean {
  return kind === 'external' && origin === 'tensor-library'
}

function isNamed(name: string): boolean {
  return name !== '*' && name !== 'length' && !/^(?:0|[1-9]\d*)$/.test(name)
}

/** Variables and fields whose objects surely belong to what `checkpointing` was given when the main loop is entered. */
function coveredCells(machine: Machine, main: Region, { calls }: RegisteredState): Set<Cell> {
  const finder = new Coverage(machine, main)
  for (const { node, module, code } of calls) {
    const [given] = node.arguments
    if (given?.type !== 'ObjectExpression') continue
    for (const property of given.properties)
      if (property.type === 'ObjectProperty') finder.give({ module, node: property.value, code })
  }
  finder.derive()
  return finder.cells
}

class Coverage {
  readonly cells = new Set<Cell>()
  /** The facts ahead of the main loop that write a cell, by their place in the order of execution. */
  readonly #writes = new Map<Cell, Fact[]>()
  readonly #order = new Map<Fact, number>()

  constructor(
    private readonly machine: Machine,
    private readonly main: Region,
  ) {
    for (const [i, fact] of machine.facts.entries()) {
      if (fact.region.isWithin(main) || (!main.isWithin(fact.region) && fact.region !== machine.rootRegion))
        continue
      this.#order.set(fact, i)
      for (const cell of fact.targets) this.#writes.set(cell, [...(this.#writes.get(cell) ?? []), fact])
    }
  }

  /** Notes what an expression names whose value is given as a whole. */
  give(given: Expression): void {
    const { module, node, code } = given
    switch (node.type) {
      case 'Identifier': {
        const found = this.#constant(module, node, code)
        if (found === undefined || found.cells.every((it) => this.cells.has(it))) return
        for (const cell of found.cells) this.cells.add(cell)
        if (found.init) this.#giveParts({ module: found.module, node: found.init, code })
        const before = found.cells.flatMap((it) => [...it.givenBy.values()])
        const [only, another] = before
        if (only !== undefined && another === undefined && before.length === 1) this.give(only)
        return
      }
      case 'MemberExpression': {
        const cells = this.#path(module, node)
        if (cells !== undefined && cells.length === 1) this.cells.add(cells[0] as Cell)
        return
      }
      case 'AwaitExpression':
        this.give({ ...given, node: node.argument })
        return
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
        this.give({ ...given, node: node.expression })
        return
      default:
        this.#giveParts(given)
    }
  }

  /** Parts of a literal, or of a list that a Map or Set is made of, that nothing exchanges ahead of the loop. */
  #giveParts(given: Expression): void {
    const { module, node } = given
    if (node.type === 'ObjectExpression') {
      const isKept = this.#isWrittenOnce(node)
      for (const it of node.properties)
        if (it.type === 'ObjectProperty' && isKept) this.give({ ...given, node: it.value })
    } else if (node.type === 'ArrayExpression') {
      if (this.#isWrittenOnce(node))
        for (const it of node.elements)
          if (it !== null && it.type !== 'SpreadElement') this.give({ ...given, node: it })
    } else if (
      node.type === 'NewExpression' &&
      node.callee.type === 'Identifier' &&
      /^(?:Map|Set)$/.test(node.callee.name)
    ) {
      const [list] = node.arguments
      if (
        module.bindingOf(node.callee) === undefined &&
        list?.type === 'ArrayExpression' &&
        this.#isWrittenOnce(node)
      )
        for (const entry of list.elements)
          if (entry?.type === 'ArrayExpression' || entry?.type === 'Identifier') this.#giveEntry(given, entry)
    }
  }

  #giveEntry(given: Expression, entry: t.ArrayExpression | t.Identifier): void {
    const parts = entry.type === 'Identifier' ? [entry] : entry.elements
    for (const part of parts)
      if (part !== null && part.type !== 'SpreadElement') this.give({ ...given, node: part })
  }

  /** Whether ahead of the loop no field of what a literal makes is written but by the literal. */
  #isWrittenOnce(node: t.Node): boolean {
    const made = this.machine.madeObjects.filter((it) => it.node === node)
    const limit = (cell: Cell): number => (cell.name === '*' && node.type !== 'NewExpression' ? 0 : 1)
    return made.every((it) =>
      [...it.fields.values()].every((cell) => (this.#writes.get(cell) ?? []).length <= limit(cell)),
    )
  }

  /** Variables that are read out of what was given, after the last time that this was written ahead of the loop. */
  derive(): void {
    const { machine } = this
    const variables = [...machine.modules.values()].flatMap((module) =>
      module.cells().map((cell) => ({ module, cell })),
    )
    for (let before = -1; before !== this.cells.size; ) {
      before = this.cells.size
      this.#deriveLiterals()
      for (const { module, cell } of variables) {
        if (this.cells.has(cell) || cell.binding?.constant !== true) continue
        if (cell.givenBy.size > 0) {
          if ([...cell.givenBy.values()].every((it) => it !== undefined && this.#isGiven(it.module, it.node)))
            this.cells.add(cell)
          continue
        }
        const declarator = cell.binding.path.node
        if (declarator.type !== 'VariableDeclarator' || !declarator.init) continue
        const read = this.#readCells(module, declarator, cell.binding)
        const [store, another] = this.#writes.get(cell) ?? []
        if (read === undefined || store === undefined || another !== undefined) continue
        const at = this.#order.get(store) as number
        const isLater = read.every((it) =>
          (this.#writes.get(it) ?? []).every(
            (fact) => (this.#order.get(fact) as number) < at && fact.isPlain,
          ),
        )
        if (isLater) this.cells.add(cell)
      }
    }
  }

  /** `fit({ weights, velocity })`: fields of literals that name what was given, and that nothing else writes ahead of the loop. */
  #deriveLiterals(): void {
    const { machine } = this
    for (const object of machine.madeObjects) {
      const { node } = object
      if (object.kind !== 'plain' || node?.type !== 'ObjectExpression' || !this.#isWrittenOnce(node)) continue
      for (const property of node.properties) {
        if (property.type !== 'ObjectProperty' || property.value.type !== 'Identifier') continue
        const { value } = property
        const name = literalName(property.key, property.computed)
        const module = [...machine.modules.values()].find((it) => it.bindingOf(value) !== undefined)
        if (name !== undefined && module !== undefined && this.#isGiven(module, value))
          this.cells.add(object.field(name))
      }
    }
  }

  /** The fields that a declaration takes the variable's value from; undefined where it is not read out of given ones. */
  #readCells(
    module: Module,
    { id, init }: t.VariableDeclarator,
    binding: Binding,
  ): readonly Cell[] | undefined {
    const from = init as t.Node
    if (id.type === 'Identifier')
      return from.type === 'MemberExpression' ? this.#givenPath(module, from) : undefined
    const base = from.type === 'Identifier' ? this.#given(module, from) : undefined
    if (base === undefined) return undefined
    if (id.type === 'ArrayPattern') return fieldsOf(base, '*')
    if (id.type !== 'ObjectPattern') return undefined
    const property = id.properties.find(
      (it) => it.type === 'ObjectProperty' && it.value === binding.identifier,
    )
    if (property?.type !== 'ObjectProperty') return undefined
    const name = literalName(property.key, property.computed)
    return name === undefined ? undefined : fieldsOf(base, name)
  }

  #given(module: Module, node: t.Identifier): readonly Cell[] | undefined {
    const found = this.#constant(module, node)
    return found !== undefined && found.cells.length > 0 && found.cells.every((it) => this.cells.has(it))
      ? found.cells
      : undefined
  }

  #isGiven(module: Module, node: t.Node): boolean {
    return node.type === 'Identifier' && this.#given(module, node) !== undefined
  }

  #givenPath(module: Module, node: t.MemberExpression): readonly Cell[] | undefined {
    const base = node.object.type === 'Identifier' ? this.#given(module, node.object) : undefined
    if (base === undefined) return undefined
    return fieldsOf(base, literalName(node.property, node.computed) ?? '*')
  }

  /** `trainer.state`: a field of the only object in a variable, never written again. */
  #path(module: Module, node: t.MemberExpression): readonly Cell[] | undefined {
    const name = literalName(node.property, node.computed)
    if (name === undefined || node.object.type !== 'Identifier') return undefined
    const found = this.#constant(module, node.object)
    const [object, another] = (found?.cells ?? []).flatMap((it) => [...it.objects])
    if (found === undefined || object === undefined || another !== undefined || object.kind !== 'plain')
      return undefined
    // Another object of the same place of making would have a field of its own.
    const holders = this.machine.madeObjects.filter((it) =>
      [...it.fields.values()].some((cell) => cell.objects.has(object)),
    )
    const variables = [...this.machine.modules.values()]
      .flatMap((it) => it.cells())
      .filter((it) => it.objects.has(object))
    const isOnly =
      holders.length === 0 &&
      variables.every((it) => found.cells.includes(it) || !isLongLived(this.machine, it, this.main))
    const cell = object.field(name)
    const isKept = this.machine.facts.every((it) => !it.targets.includes(cell) || this.#order.has(it))
    return isOnly && isKept && (this.#writes.get(cell) ?? []).length === 1 ? [cell] : undefined
  }

  #constant(
    module: Module,
    node: t.Identifier,
    code?: FunctionCode,
  ):
    | { readonly cells: readonly Cell[]; readonly module: Module; readonly init: t.Node | null | undefined }
    | undefined {
    const binding = module.bindingOf(node)
    if (binding === undefined) return undefined
    const own = module.cellOf(binding).binding
    if (own === undefined || !own.constant) return undefined
    const home = [...this.machine.modules.values()].find((it) => it.bindingOf(own.identifier) === own)
    const declarator = own.path.node
    if (home === undefined) return undefined
    // Of the call that is asked about, where the variable is one of its own.
    const ofCall = code?.activation?.variables.get(own)
    const cells = (ofCall === undefined ? home.cellsOf(own) : [ofCall]).filter((it) => it.objects.size > 0)
    if (declarator.type === 'VariableDeclarator' && declarator.id.type === 'Identifier')
      return { cells, module: home, init: declarator.init }
    return { cells, module: home, init: undefined }
  }
}

/** The fields of given objects that reading `name` reads. */
function fieldsOf(base: readonly Cell[], name: string): Cell[] {
  return base
    .flatMap((it) => [...it.objects])
    .flatMap((it) => (name === '*' ? [...it.fields.values()] : [it.field(name), it.field('*')]))
}

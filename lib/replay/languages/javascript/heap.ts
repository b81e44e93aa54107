import type { Binding } from '@babel/traverse'
import type * as t from '@babel/types'
import type { Module } from './module.js'
import type { Region } from './region.js'

/**
 * The abstract memory of the analysis: cells (variables and fields) hold objects (one per place of the source that makes them).
 * Cells only ever gain objects, so that repeating the walk until nothing changes ends.
 */

/** A variable, a field of an object, or a function's result: what can be written at one time and read at another. */
export class Cell {
  readonly objects = new Set<AbstractObject>()
  /** Whether the project's own code assigns it, as opposed to what methods may do. */
  isAssigned = false
  /** For what exists once for each entrance of a loop: its item, or a jump out of it. */
  perEntrance: { readonly loop: t.Node; readonly isItem: boolean } | undefined
  /** Whether it is decided anew in each iteration: nothing carries it along. */
  isOfIteration = false
  /** For a variable or result of one call of a function: the region in which that call stands. */
  activatedIn: Region | undefined
  /** For parameters: the expressions that calls give; `undefined` among them where one cannot be told. */
  readonly givenBy = new Map<t.Node, Expression | undefined>()
  constructor(
    readonly name: string,
    readonly binding?: Binding,
    /** For fields: the object that has it. */
    readonly owner?: AbstractObject,
    /** For results, parameters and other cells of an activation: the function. */
    readonly activation?: t.Node,
  ) {}

  /** As the source would name it. */
  get label(): string {
    if (this.owner === undefined) return this.name
    const base = this.owner.label === '' ? '(object)' : this.owner.label
    return this.name === '*' ? base : `${base}.${this.name}`
  }
}

/** An expression of the source, as the call of a function (where it stands in one) evaluates it. */
export interface Expression {
  readonly node: t.Node
  readonly module: Module
  /** Undefined where it is not known which call evaluates it. */
  readonly code: FunctionCode | undefined
}

export type ObjectKind =
  /** Object literals, class instances, module namespaces, module records. */
  | 'plain'
  /** Array literals, and what built-in constructors and array functions make. */
  | 'array'
  | 'function'
  | 'class'
  | 'generator'
  /** Immutable: a tensor made by an operation. */
  | 'tensor'
  /** Anything that comes out of code which is not part of the project. */
  | 'external'
  /** A module, global, or a function reached through one: `path` names it. */
  | 'known'
  | 'flor'
  | 'flor-loop'

/** All objects that one place of the source makes. */
export class AbstractObject {
  readonly fields = new Map<string, Cell>()
  /** Regions in which the place is executed. */
  readonly madeIn = new Set<Region>()
  label = ''
  /** Who made it: TensorFlow.js (it may hold variables), the language itself, or some other package. */
  origin: 'tensor-library' | 'builtin' | 'package' = 'builtin'
  /** Whether a method gave it: what it shows belongs to the method's receiver. */
  isView = false
  /** Whether it may be the memory of a tensor itself: who writes to it changes the tensor, and TensorFlow.js does not notice. */
  isTensorMemory = false
  /** Whether it may be a typed array, or another view of memory, whose `buffer` is the same memory. */
  hasBuffer = false
  /** Whether it is a typed array, with memory of its own: its elements are numbers, and assigning to it copies. */
  isNumbers = false
  /** Whether iterating over it gives pairs. */
  isMap = false
  isSet = false
  /** Whether functions given to its methods may be called later. */
  isLazy = false
  /** For functions and generators. */
  code: FunctionCode | undefined
  /** For instances: the class they are made from. */
  classObject: AbstractObject | undefined
  /** For classes: their source. */
  definition: { readonly node: t.Class; readonly module: Module } | undefined
  /** For `known` and `flor` objects: `Math.max`, `@tensorflow/tfjs-core:train.adam`, `checkpointing`. */
  path = ''
  /** For `flor-loop`: its name where it is a literal, its source, and what the source's value depends on. */
  loop: { readonly name: string | undefined; source: Value } | undefined

  constructor(
    readonly kind: ObjectKind,
    readonly node: t.Node | undefined,
  ) {}

  /** The cell of a named field, `*` for elements and computed names. Views of one memory count its elements from different places: these have no cells of their own. */
  field(asked: string): Cell {
    const name = this.hasBuffer && /^\d+$/.test(asked) ? '*' : asked
    let cell = this.fields.get(name)
    if (cell === undefined) {
      cell = new Cell(name, undefined, this)
      this.fields.set(name, cell)
    }
    return cell
  }
}

export interface FunctionCode {
  readonly node: t.Function
  readonly module: Module
  readonly result: Cell
  readonly yields: Cell
  readonly self: Cell
  /** What the decision to call it depends on. */
  readonly entry: Cell
  /** For methods: the class's `super` object. */
  readonly home: AbstractObject | undefined
  /** Whether a call draws random numbers. Of a call's own code, that of its function counts. */
  draws?: boolean
  /** For the code of the calls from one place, in one region: the function's, which holds what is known of it wherever it is called. */
  readonly base?: FunctionCode
  /** Of calls from one place: a number of their own, and their variables that no inner function uses. */
  readonly activation?: {
    readonly id: number
    readonly region: Region
    readonly call: t.Node
    readonly variables: Map<Binding, Cell>
  }
}

/** What an expression may evaluate to, and the cells read for it. */
export interface Value {
  readonly objects: ReadonlySet<AbstractObject>
  readonly reads: ReadonlySet<Cell>
}

const noObjects: ReadonlySet<AbstractObject> = new Set()
const noCells: ReadonlySet<Cell> = new Set()

export const nothing: Value = { objects: noObjects, reads: noCells }

/** Any one of the values. */
export function join(...values: readonly Value[]): Value {
  const filled = values.filter((it) => it.objects.size > 0 || it.reads.size > 0)
  if (filled.length === 0) return nothing
  if (filled.length === 1) return filled[0] as Value
  return { objects: unite(filled.map((it) => it.objects)), reads: unite(filled.map((it) => it.reads)) }
}

/** A primitive computed from the values. */
export function derived(...values: readonly Value[]): Value {
  return { objects: noObjects, reads: unite(values.map((it) => it.reads)) }
}

export function unite<T>(sets: readonly ReadonlySet<T>[]): ReadonlySet<T> {
  const filled = sets.filter((it) => it.size > 0)
  if (filled.length === 1) return filled[0] as ReadonlySet<T>
  const all = new Set<T>()
  for (const set of filled) for (const item of set) all.add(item)
  return all
}

/** Every cell reachable through the objects, theirs included; module namespaces and functions are not entered. */
export function reachableCells(objects: Iterable<AbstractObject>): Set<Cell> {
  const cells = new Set<Cell>()
  for (const object of reachableObjects(objects)) for (const cell of object.fields.values()) cells.add(cell)
  return cells
}

/** Every object reachable through the objects, they included. */
export function reachableObjects(objects: Iterable<AbstractObject>): Set<AbstractObject> {
  const seen = new Set<AbstractObject>()
  const stack = [...objects]
  for (let object = stack.pop(); object !== undefined; object = stack.pop()) {
    if (seen.has(object) || object.kind === 'known' || object.kind === 'flor' || object.kind === 'class')
      continue
    seen.add(object)
    if (object.kind === 'function') continue
    for (const cell of object.fields.values()) for (const next of cell.objects) stack.push(next)
    if (object.loop !== undefined) stack.push(...object.loop.source.objects)
  }
  return seen
}

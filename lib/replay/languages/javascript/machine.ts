import type { Binding } from '@babel/traverse'
import type * as t from '@babel/types'
import type { SourceProject, StatementRange } from '../../source-project.js'
import {
  AbstractObject,
  Cell,
  type FunctionCode,
  nothing,
  type ObjectKind,
  unite,
  type Value,
} from './heap.js'
import { integrationOf } from './integrations.js'
import { isOwnVariable } from './locality.js'
import { type Module, parseModule, resolveSpecifier } from './module.js'
import { Region } from './region.js'
import { Registrations } from './registrations.js'
import { childrenOf, isStatementNode } from './syntax.js'

/** Something that execution writes: `targets` take a value computed from `reads`. */
export interface Fact {
  readonly targets: readonly Cell[]
  readonly reads: ReadonlySet<Cell>
  readonly region: Region
  /** Whether it is written by code outside of functions, in one that the main loop stands in, or by a constructor: it is executed where it stands, and nowhere else. */
  readonly isPlain: boolean
  /** Whether it happens once, before any main loop, where nothing can be stale yet. */
  readonly isBefore: boolean
  /** False for what a call of unknown effect may write. */
  readonly certain: boolean
  readonly path: string
  readonly line: number
  /** `reads` without the jumps that decided whether execution came here. */
  readonly direct: ReadonlySet<Cell>
  /** `direct` without the conditions under which it is written. */
  readonly values: ReadonlySet<Cell>
  /** Whether it is only by its name that what is read decides: a file is opened, a package is called. */
  readonly isOpening: boolean
  /** Whether it writes one element of a list, so that what is read of the list may show nothing of it. */
  readonly isPart: boolean
}

/** Something of which nothing is known, used where iterations or what follows them may depend on it. */
export interface Stranger {
  readonly what: string
  readonly path: string
  readonly line: number
  /** Whether it is met outside of all loops, and how many main loops had been entered by then. */
  readonly isOutside: boolean
  readonly mainLoops: number
}

/** One execution of a `flor.log` call. */
export interface Sink {
  readonly name: string | undefined
  readonly path: string
  readonly start: number
  readonly reads: ReadonlySet<Cell>
  /** `reads` without the jumps that decided whether execution came here. */
  readonly direct: ReadonlySet<Cell>
  /** `direct` without the conditions under which it is executed. */
  readonly values: ReadonlySet<Cell>
  readonly region: Region
  /** Whether no nested loop of the same main-loop iteration can have run before. */
  readonly ahead: boolean
  /** Whether the wanted statement was being executed. */
  readonly isWanted: boolean
}

/** One time the walk met the wanted statement, or entered a main loop; `order` counts both. */
export interface Visit {
  readonly region: Region
  readonly order: number
  readonly ahead: boolean
  /** The file that is being walked. */
  readonly program: t.Program
}

export interface Frame {
  readonly code: FunctionCode | undefined
  /** What decided, earlier in this function, that execution came here. */
  sticky: ReadonlySet<Cell>
  /** `this`, where it is not the function's own. */
  readonly self?: Value
}

/** Thrown when a source is too large or too strange to follow. */
export class AnalysisLimit extends Error {}

const budget = 400_000

/**
 * The state of one abstract execution of a script: every statement is walked in the order of execution, calls into the project
 * included, all branches taken, and what it reads and writes is noted. The walk is repeated until memory stops
 * growing; facts, sinks and visits are those of the last walk.
 */
export class Machine {
  readonly modules = new Map<string, Module>()
  readonly rootRegion = Region.root()
  readonly anytimeRegion = Region.anytime()
  readonly globals = new Map<string, AbstractObject>()
  readonly hidden = new Map<string, Cell>()
  /** What checkpointing() was given, by the main loop that is entered with it. */
  readonly registrations = new Registrations()
  /** Optimizers that models of TensorFlow.js were compiled with, by the model. */
  readonly compiled = new Map<AbstractObject, Set<AbstractObject>>()
  /** Functions that a main loop is entered in, or in calls of. */
  readonly aroundMain = new Set<t.Node>()
  /** Objects that are compared with others, or looked for, in loops or behind them. */
  readonly compared = new Map<AbstractObject, { readonly path: string; readonly line: number }>()
  /** The state of the random generator: each draw depends on those before it. Checkpoints hold it, and it is recorded for each iteration. */
  readonly generator = new Cell('the random generator')
  /** Labels, by the statements that they stand before. */
  readonly labels = new Map<t.Node, string>()
  /** Functions that something outside the project holds on to. */
  readonly anytime = new Set<AbstractObject>()
  readonly madeObjects: AbstractObject[] = []
  readonly #made = new Map<t.Node, Map<string, AbstractObject>>()
  readonly #codes = new Map<t.Node, FunctionCode>()
  readonly #activations = new Map<FunctionCode, Map<t.Node, Map<Region, FunctionCode>>>()
  #activationCount = 0
  readonly #calls = new Map<t.Node, Map<FunctionCode['activation'], Module>>()
  #callCount = 0
  readonly #items = new Map<t.Node, Cell>()
  readonly #jumps = new Map<t.Node, Cell>()
  readonly #leavings = new Map<t.Node, Cell>()
  readonly #iterationResults = new Map<t.Node, Map<Region, Cell>>()
  readonly #failures = new Map<t.Node, Cell>()
  readonly #entrances = new Map<t.Node, Cell>()

  facts: Fact[] = []
  strangers: Stranger[] = []
  /** What the machine that executes gives (a clock, true randomness), with the place that reads it. */
  readonly given = new Map<Cell, { readonly path: string; readonly line: number }>()
  readonly #givenBy = new Map<string, Cell>()
  sinks: Sink[] = []
  statementVisits: Visit[] = []
  mainVisits: Visit[] = []
  visited = new Set<string>()
  /** The wanted statement's node, once its file is parsed. */
  wantedNode: t.Node | undefined
  /** Functions entered, with the regions they were entered in. */
  readonly entered = new Map<t.Node, Set<Region>>()
  /** Why nothing can be said, when something cannot be followed. */
  readonly problems = new Set<string>()
  grown = false
  isCheckpointing = false
  isWanted = false
  /** Whether the wanted statement draws from the generator: everything behind it comes out otherwise than it was recorded. */
  isDrawing = false
  /** The functions whose bodies are being walked, innermost last. */
  readonly calls: FunctionCode[] = []
  /** How many `try` blocks are open, and how many of them go on when something is thrown in them. */
  tryDepth = 0
  catchDepth = 0
  module!: Module
  region: Region = this.rootRegion
  control: ReadonlySet<Cell> = new Set()
  frame: Frame = { code: undefined, sticky: new Set() }
  /** Within a main loop's body: the frame it was entered in, and whether anything may have run a nested loop. */
  iteration: { readonly frame: Frame; hasNested: boolean; plainLoops: number } | undefined
  #order = 0
  #steps = 0
  #isPart = false
  #isOpening = false
  readonly #opened = new Map<t.Node, Cell>()
  readonly #regionIds = new Map<Region, number>()

  constructor(
    readonly project: SourceProject,
    readonly wanted: StatementRange,
  ) {}

  get isBefore(): boolean {
    return this.mainVisits.length === 0 && this.region === this.rootRegion
  }

  /** Forgets what one walk noted, not what memory holds. */
  startWalk(): void {
    this.facts = []
    this.strangers = []
    this.sinks = []
    this.statementVisits = []
    this.mainVisits = []
    this.visited = new Set()
    this.grown = false
    this.isCheckpointing = false
    this.registrations.clear()
    this.tryDepth = 0
    this.catchDepth = 0
    this.region = this.rootRegion
    this.control = new Set()
    this.frame = { code: undefined, sticky: new Set() }
    this.iteration = undefined
    this.#order = 0
    this.#steps = 0
  }

  step(): void {
    if (++this.#steps > budget) throw new AnalysisLimit('the program is too large to follow')
  }

  /** The module of a project file, or of an integration of the runtime, parsed once; undefined if there is no such file. */
  load(from: string, specifier: string): Module | undefined {
    const integration = integrationOf(specifier)
    if (integration !== undefined) return this.#parsed(integration.path, () => integration.text)
    const path = resolveSpecifier(this.project, from, specifier)
    return path === undefined ? undefined : this.loadPath(path)
  }

  /**
   * An integration's file as this call of one of its functions executes it: with loops, variables and checkpoints of its own, also where a function that
   * is called from several places makes the call.
   */
  loadFor(integration: Module, call: t.Node, isDirect: boolean): Module {
    const byFunction = this.#calls.get(call) ?? new Map<FunctionCode['activation'], Module>()
    this.#calls.set(call, byFunction)
    const activation = this.frame.code?.activation
    let module = byFunction.get(activation)
    if (module === undefined) {
      const id = ++this.#callCount
      module = integration.of({ node: call, around: activation?.call, isDirect, id })
      byFunction.set(activation, module)
      this.modules.set(`${integration.path}#${id}`, module)
    }
    return module
  }

  loadPath(path: string): Module | undefined {
    return this.#parsed(path, () => this.project.read(path))
  }

  #parsed(path: string, read: () => string | undefined): Module | undefined {
    let module = this.modules.get(path)
    if (module === undefined) {
      const text = read()
      if (text === undefined) return undefined
      module = parseModule(path, text)
      this.modules.set(path, module)
      if (path === this.wanted.path) this.wantedNode = findStatement(module.ast.program, this.wanted)
    }
    return module
  }

  /** The object that this place of the source makes in this region; `part` tells several of one place apart. */
  made(node: t.Node, kind: ObjectKind, part = ''): AbstractObject {
    const parts = this.#made.get(node) ?? new Map<string, AbstractObject>()
    this.#made.set(node, parts)
    // Objects of different regions are told apart: one made before a loop is not one made in it. So are those of functions called from different places.
    const key = `${kind}${part}#${this.#regionId()}#${this.frame.code?.activation?.id ?? ''}`
    let object = parts.get(key)
    if (object === undefined) {
      object = new AbstractObject(kind, node)
      parts.set(key, object)
      this.madeObjects.push(object)
    }
    object.madeIn.add(this.region)
    return object
  }

  codeOf(node: t.Function, home?: AbstractObject): FunctionCode {
    let code = this.#codes.get(node)
    if (code === undefined) {
      const name = 'id' in node && node.id ? node.id.name : 'function'
      const cell = (what: string) => new Cell(`${what} of ${name}`, undefined, undefined, node)
      code = {
        node,
        module: this.module,
        result: cell('result'),
        yields: cell('items'),
        self: cell('this'),
        entry: cell('call'),
        home,
      }
      this.#codes.set(node, code)
    }
    return code
  }

  /**
   * The code of a function as it is called from one place of the source, in this region: with a result, `this` and variables of its own. A generator's
   * call belongs to where it was made, wherever it goes on.
   */
  activationOf(code: FunctionCode, node: t.Node): FunctionCode {
    if (code.base !== undefined) return code
    const byNode = this.#activations.get(code) ?? new Map<t.Node, Map<Region, FunctionCode>>()
    this.#activations.set(code, byNode)
    const byRegion = byNode.get(node) ?? new Map<Region, FunctionCode>()
    byNode.set(node, byRegion)
    let activation = byRegion.get(this.region)
    if (activation === undefined) {
      const { region } = this
      const cell = (of: Cell): Cell => {
        const own = new Cell(of.name, undefined, undefined, code.node)
        own.activatedIn = region
        return own
      }
      activation = {
        ...code,
        base: code,
        result: cell(code.result),
        yields: cell(code.yields),
        self: cell(code.self),
        entry: cell(code.entry),
        activation: { id: ++this.#activationCount, region, call: node, variables: new Map() },
      }
      byRegion.set(region, activation)
    }
    return activation
  }

  /** The cell of a variable: of the call that is being walked, where it is one of its own that no inner function uses. */
  cellOf(binding: Binding): Cell {
    const { code } = this.frame
    const { activation } = code ?? {}
    if (code === undefined || activation === undefined || !isOwnVariable(binding, code.node))
      return this.module.cellOf(binding)
    let cell = activation.variables.get(binding)
    if (cell === undefined) {
      cell = new Cell(binding.identifier.name, binding)
      cell.activatedIn = activation.region
      activation.variables.set(binding, cell)
      this.module.addVariant(binding, cell)
    }
    return cell
  }

  /** What functions of the project may return or yield. */
  results(): Cell[] {
    const codes = [...this.#codes.values()]
    const calls = [...this.#activations.values()]
      .flatMap((it) => [...it.values()])
      .flatMap((it) => [...it.values()])
    return [
      ...codes.flatMap((it) => [it.result, it.yields]),
      ...calls.flatMap((it) => [it.result, it.yields]),
    ]
  }

  /** Lets all that follows in this function depend on what decided about a jump. */
  stick(reads: ReadonlySet<Cell>): void {
    // Facts hold the set as it was.
    this.frame.sticky = new Set([...this.frame.sticky, ...reads])
  }

  /** Notes a write without objects. */
  note(targets: readonly Cell[], reads: ReadonlySet<Cell>, node: t.Node, certain = true): void {
    if (targets.length === 0) return
    const direct = unite([reads, this.control])
    this.facts.push({
      targets,
      reads: unite([direct, this.frame.sticky]),
      direct,
      values: reads,
      isPart: this.#isPart,
      isOpening: this.#isOpening,
      region: this.region,
      isPlain:
        this.frame.code === undefined ||
        isConstructor(this.frame.code.node) ||
        this.aroundMain.has(this.frame.code.node),
      isBefore: this.isBefore,
      certain: certain && this.region !== this.anytimeRegion,
      path: this.module.path,
      line: node.loc?.start.line ?? 0,
    })
  }

  /** What code outside the project gives for something that it is told the name of: the name is no part of it. */
  opened(named: ReadonlySet<Cell>, node: t.Node): ReadonlySet<Cell> {
    if (named.size === 0) return named
    const cell = this.#opened.get(node) ?? new Cell('what is opened')
    cell.isOfIteration = true
    this.#opened.set(node, cell)
    this.opening(() => this.note([cell], named, node))
    return new Set([cell])
  }

  /** What is written here has its name from what is read, and nothing else. */
  opening<T>(write: () => T): T {
    const before = this.#isOpening
    this.#isOpening = true
    try {
      return write()
    } finally {
      this.#isOpening = before
    }
  }

  /** What is written here goes into one element of a list. */
  inPart(write: () => void): void {
    this.#isPart = true
    try {
      write()
    } finally {
      this.#isPart = false
    }
  }

  /** Writes a value into a cell. */
  store(cell: Cell, value: Value, node: t.Node, certain = true): void {
    this.note([cell], value.reads, node, certain)
    this.hold(cell, value.objects)
  }

  /** Lets a cell hold objects, without a write that counts. */
  hold(cell: Cell, objects: Iterable<AbstractObject>): void {
    if (cell.owner?.isNumbers === true && cell.name === '*') return
    for (const object of objects) {
      if (cell.objects.has(object)) continue
      cell.objects.add(object)
      this.grown = true
      if (object.label === '' && cell.activation === undefined) object.label = cell.label
    }
  }

  /**
   * Notes that the walk does not know what something does. Before all loops it is done each time, in the same way; and all that a callback of unknown time
   * does is doubted anyway.
   */
  strange(what: string, node: t.Node): void {
    if (this.isBefore || this.region === this.anytimeRegion) return
    this.strangers.push({
      what,
      path: this.module.path,
      line: node.loc?.start.line ?? 0,
      isOutside: this.region === this.rootRegion,
      mainLoops: this.mainVisits.length,
    })
  }

  /** Notes that it matters which objects these are, not only what they hold. */
  compare(objects: Iterable<AbstractObject>, node: t.Node): void {
    if (this.isBefore) return
    for (const it of objects)
      if (!this.compared.has(it))
        this.compared.set(it, { path: this.module.path, line: node.loc?.start.line ?? 0 })
  }

  /** What reading a clock, or the like, reads; `isOfPlace`: one of its own for each place of the source that reads it. */
  readGiven(name: string, node: t.Node, { isOfPlace = false } = {}): Value {
    const key = isOfPlace ? `${name} ${this.module.path}:${node.start}` : name
    const cell = this.#givenBy.get(key) ?? new Cell(name)
    this.#givenBy.set(key, cell)
    if (!this.given.has(cell))
      this.given.set(cell, { path: this.module.path, line: node.loc?.start.line ?? 0 })
    return { objects: new Set(), reads: new Set([cell]) }
  }

  /** What is read where all of some objects is: of the environment's variables, any. */
  readGivenWithin(objects: Iterable<AbstractObject>, node: t.Node): ReadonlySet<Cell> {
    for (const object of objects)
      if (object.kind === 'known' && /^(?:node:process:(?:default\.)?|process\.)env$/.test(object.path))
        return this.readGiven('process.env.*', node).reads
    return nothing.reads
  }

  /** What the loop's source gives. */
  itemOf(loop: t.Node): Cell {
    return this.#cellOf(this.#items, loop, true)
  }

  /** What `flor.iteration()` gives where it stands in this region: anew each time. */
  givenByIteration(node: t.Node): Cell {
    const byRegion = this.#iterationResults.get(node) ?? new Map<Region, Cell>()
    this.#iterationResults.set(node, byRegion)
    const cell = byRegion.get(this.region) ?? new Cell('what an iteration gives')
    cell.activatedIn = this.region
    byRegion.set(this.region, cell)
    return cell
  }

  /** Whether a jump out of the loop, and out of what is around it, happened in it. */
  jumpOf(loop: t.Node): Cell {
    return this.#cellOf(this.#jumps, loop, false)
  }

  /** Whether the loop is left before its source ends. */
  leavingOf(loop: t.Node): Cell {
    const cell = this.#cellOf(this.#leavings, loop, false)
    cell.isOfIteration = true
    return cell
  }

  /** Notes that the main loop is left here, with everything around it. */
  leave(node: t.Node): void {
    const main = this.region.main?.node
    if (main !== undefined) this.note([this.leavingOf(main)], new Set(), node)
  }

  /** Whether a main or nested loop is entered. */
  entranceOf(loop: t.Node): Cell {
    const cell = this.#cellOf(this.#entrances, loop, false)
    cell.isOfIteration = true
    return cell
  }

  /** Whether an exception that nobody catches ends the run in an iteration of the loop. */
  failureOf(loop: t.Node): Cell {
    const cell = this.#cellOf(this.#failures, loop, false)
    cell.isOfIteration = true
    return cell
  }

  /** Notes that an exception is thrown here, where what is read says so. */
  fails(reads: ReadonlySet<Cell>, node: t.Node): void {
    const main = this.region.main?.node
    if (main !== undefined && this.tryDepth === 0) this.note([this.failureOf(main)], reads, node)
  }

  #cellOf(cells: Map<t.Node, Cell>, loop: t.Node, isItem: boolean): Cell {
    const cell = cells.get(loop) ?? new Cell(isItem ? 'the item of the loop' : 'a jump out of the loop')
    cell.perEntrance = { loop, isItem }
    cells.set(loop, cell)
    return cell
  }

  /** Mutable state that a package (or the file system) keeps to itself. */
  hiddenCell(path: string): Cell {
    const known = hiddenName(path)
    let cell = this.hidden.get(known)
    if (cell === undefined) {
      cell = new Cell(known)
      this.hidden.set(known, cell)
    }
    return cell
  }

  /** Whether something was seen to write that state. */
  hasHidden(path: string): boolean {
    return this.hidden.has(hiddenName(path))
  }

  known(kind: 'known' | 'flor', path: string): AbstractObject {
    const key = `${kind} ${path}`
    let object = this.globals.get(key)
    if (object === undefined) {
      object = new AbstractObject(kind, undefined)
      object.path = path
      object.label = path
      this.globals.set(key, object)
    }
    return object
  }

  /** What drawing random numbers gives; how many is decided by `reads`. */
  draw(node: t.Node, reads: ReadonlySet<Cell>): Value {
    this.noteDrawing()
    return this.drawMaybe(node, reads)
  }

  /** The same for what draws only in some trainings, which says nothing about the functions around. */
  drawMaybe(node: t.Node, reads: ReadonlySet<Cell> = nothing.reads): Value {
    const drawn = new Set([this.generator])
    this.note([this.generator], unite([reads, drawn]), node)
    return { objects: new Set(), reads: drawn }
  }

  /** Notes that the functions that are being walked draw random numbers. */
  noteDrawing(): void {
    for (const called of this.calls) {
      const code = called.base ?? called
      if (code.draws === true) continue
      code.draws = true
      this.grown = true
    }
    if (this.isWanted) this.isDrawing = true
  }

  /** Evaluates `body` under a decision that read `reads`. */
  under<T>(reads: ReadonlySet<Cell>, body: () => T): T {
    const before = this.control
    this.control = unite([before, reads])
    try {
      return body()
    } finally {
      this.control = before
    }
  }

  within<T>(region: Region, body: () => T): T {
    const before = this.region
    this.region = region
    try {
      return body()
    } finally {
      this.region = before
    }
  }

  /**
   * Tells whether this is the first time in this walk that the function runs in this region; what runs before all main
   * loops and what runs behind them are two times, and so is what runs where failures are caught. Modules run once.
   */
  isFirstVisit(
    what: object & { start?: number | null | undefined },
    module: Module,
    part: 'body' | 'module',
    activation: number | undefined = undefined,
  ): boolean {
    const key = `${module.path}\0${module.call?.id ?? ''}\0${what.start}\0${part}\0${activation ?? ''}\0${this.#regionId()}${part === 'body' && this.isBefore ? ' before' : ''}${part === 'body' && this.catchDepth > 0 ? ' caught' : ''}`
    if (this.visited.has(key)) return false
    this.visited.add(key)
    return true
  }

  #regionId(): number {
    const id = this.#regionIds.get(this.region) ?? this.#regionIds.size
    this.#regionIds.set(this.region, id)
    return id
  }

  visit(): Visit {
    const { iteration } = this
    const ahead =
      iteration !== undefined &&
      iteration.frame === this.frame &&
      !iteration.hasNested &&
      iteration.plainLoops === 0
    return { region: this.region, order: this.#order++, ahead, program: this.module.ast.program }
  }

  fail(problem: string): Value {
    this.problems.add(problem)
    return nothing
  }
}

function isConstructor(node: t.Node): boolean {
  return node.type === 'ClassMethod' && node.kind === 'constructor'
}

function hiddenName(path: string): string {
  const name = path.replace(/^node:/, '').split(/[:.]/)[0] ?? path
  return /^fs(\/promises)?$/.test(name) ? 'the file system' : `the state of ${name}`
}

/** The statement that starts where the range starts, and ends nearest to its end: a semicolon may or may not count. */
function findStatement(node: t.Node, range: StatementRange): t.Node | undefined {
  const distance = (it: t.Node) => Math.abs((it.end ?? 0) - range.end)
  let best: t.Node | undefined
  const visit = (at: t.Node) => {
    if ((at.end ?? 0) <= range.start || (at.start ?? 0) > range.start) return
    if (
      at.start === range.start &&
      isStatementNode(at) &&
      (best === undefined || distance(at) < distance(best))
    )
      best = at
    childrenOf(at).forEach(visit)
  }
  childrenOf(node).forEach(visit)
  return best
}

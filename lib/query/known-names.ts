import type { RunEntry } from '../db/run-entry.js'
import { type Expression, formatUse, type NameUse } from './expression.js'
import type { PivotColumnKind } from './pivot-table.js'
import { ATTRIBUTE_NAMES, isAttribute } from './run-attributes.js'
import { aggregateOfLoop, nameNotFound, notALoop, outsideOfLoop } from './unknown-name.js'

type NameKind = 'value' | 'argument' | 'loop'

/** What names stand for, over all runs that were looked at; and what is known of other runs, by their kinds. */
export class KnownNames {
  /** By the names of values: the loops that they were logged in. */
  readonly #values = new Map<string, Set<string>>()
  readonly #arguments = new Set<string>()
  readonly #loops = new Set<string>()
  readonly #elsewhere: Readonly<Record<NameKind, ReadonlySet<string>>>

  /** `elsewhere` is what other runs know. */
  constructor(elsewhere: readonly { readonly kind: NameKind; readonly name: string }[] = []) {
    const ofKind = (wanted: NameKind): ReadonlySet<string> =>
      new Set(elsewhere.flatMap(({ kind, name }) => (kind === wanted ? [name] : [])))
    this.#elsewhere = { value: ofKind('value'), argument: ofKind('argument'), loop: ofKind('loop') }
  }

  add(entry: RunEntry): void {
    for (const { name, loops } of entry.metrics) {
      const around = this.#values.get(name) ?? new Set()
      this.#values.set(name, around)
      for (const loop of loops) {
        this.#loops.add(loop)
        around.add(loop)
      }
    }
    for (const { name } of entry.args) this.#arguments.add(name)
  }

  /** Tells of loops that a run entered, whether or not it logged anything in them. */
  addLoops(loops: Iterable<string>): void {
    for (const loop of loops) this.#loops.add(loop)
  }

  /** What the runs that were looked at know counts before what others do. */
  kindOf({ name, aggregate }: NameUse): Exclude<PivotColumnKind, 'run'> {
    if (aggregate !== undefined) return 'aggregate'
    if (this.#values.has(name)) return 'value'
    if (this.#loops.has(name)) return 'loop'
    if (this.#arguments.has(name)) return 'argument'
    if (isAttribute(name)) return 'attribute'
    return (
      (['value', 'argument', 'loop'] as const).find((kind) => this.#elsewhere[kind].has(name)) ?? 'attribute'
    )
  }

  /** Whether one of the runs that were looked at has a loop of this name. */
  isLoop(name: string): boolean {
    return this.#loops.has(name)
  }

  /** Whether nothing is known, so that there is nothing to compare a name with. */
  get isEmpty(): boolean {
    return this.#all().length === 0
  }

  /**
   * `where` is the predicate that some of the uses are of.
   * @throws FlorError NAME_NOT_FOUND (data: name, candidates) for the first that stands for nothing, UNSUPPORTED for an aggregate that no run can have;
   *   never where nothing is known
   */
  require(uses: readonly NameUse[], where?: Expression): void {
    const [first] = this.problems(uses, where)
    if (first !== undefined) throw first
  }

  /** What {@link require} throws, for each use that stands for nothing. */
  *problems(uses: readonly NameUse[], where?: Expression): Generator<Error> {
    if (this.isEmpty) return
    for (const use of uses) {
      const problem = this.#problemOf(use, where)
      if (problem !== undefined) yield problem
    }
  }

  #problemOf(use: NameUse, where: Expression | undefined): Error | undefined {
    const { name, aggregate, by } = use
    const isValue = this.#values.has(name) || this.#elsewhere.value.has(name)
    const isArgument = this.#arguments.has(name) || this.#elsewhere.argument.has(name)
    const loops = new Set([...this.#loops, ...this.#elsewhere.loop])
    if (!isValue && !isArgument && !isAttribute(name)) {
      if (!loops.has(name)) return nameNotFound(name, [...this.#all(), ...ATTRIBUTE_NAMES], where)
      if (aggregate !== undefined) return aggregateOfLoop(formatUse(use), name)
    }
    if (by === undefined) return undefined
    if (!loops.has(by)) return notALoop(by, [...loops])
    const around = this.#values.get(name)
    const isElsewhere = around === undefined && this.#elsewhere.value.has(name)
    return isElsewhere || around?.has(by) === true ? undefined : outsideOfLoop(use, by, [...(around ?? [])])
  }

  #all(): string[] {
    const { value, argument, loop } = this.#elsewhere
    const seen = [...this.#values.keys(), ...this.#arguments, ...this.#loops]
    return [...new Set([...seen, ...value, ...argument, ...loop])]
  }
}

import type { RunEntry } from '../db/run-entry.js'
import type { Expression, NameUse } from './expression.js'
import type { PivotColumnKind } from './pivot-table.js'
import { ATTRIBUTE_NAMES, isAttribute } from './run-attributes.js'
import { nameNotFound, notALoop } from './unknown-name.js'

/** What names stand for, over all runs that were looked at. */
export class KnownNames {
  readonly #values = new Set<string>()
  readonly #arguments = new Set<string>()
  readonly #loops = new Set<string>()
  #runs = 0

  add(entry: RunEntry): void {
    this.#runs++
    for (const { name, loops } of entry.metrics) {
      this.#values.add(name)
      for (const loop of loops) this.#loops.add(loop)
    }
    for (const { name } of entry.args) this.#arguments.add(name)
  }

  kindOf({ name, aggregate }: NameUse): Exclude<PivotColumnKind, 'run'> {
    if (aggregate !== undefined) return 'aggregate'
    if (this.#values.has(name)) return 'value'
    if (this.#loops.has(name)) return 'loop'
    return this.#arguments.has(name) ? 'argument' : 'attribute'
  }

  /**
   * `where` is the predicate that some of the uses are of.
   * @throws FlorError NAME_NOT_FOUND (data: name, candidates) for the first that stands for nothing; never where no run was looked at
   */
  require(uses: readonly NameUse[], where?: Expression): void {
    if (this.#runs === 0) return
    const known = [...this.#values, ...this.#arguments, ...this.#loops]
    for (const { name, by } of uses) {
      if (!known.includes(name) && !isAttribute(name))
        throw nameNotFound(name, [...known, ...ATTRIBUTE_NAMES], where)
      if (by !== undefined && !this.#loops.has(by)) throw notALoop(by, [...this.#loops])
    }
  }
}

import type * as t from '@babel/types'

/**
 * When code runs, in terms of flor loops: a path of open loops. A region is made once a path, so that regions
 * compare by identity.
 */
export class Region {
  readonly #children = new Map<t.Node, Map<string, Region>>()

  private constructor(
    readonly parent: Region | undefined,
    /** The loop's statement (or the call of `iteration`). */
    readonly node: t.Node | undefined,
    readonly part: 'body' | 'source' | 'root' | 'anytime',
    readonly name: string | undefined,
    /** `open`: entered before checkpointing(); it is an outer loop if a main loop is entered inside it. */
    readonly role: 'open' | 'main' | 'nested' | 'none',
  ) {}

  static root(): Region {
    return new Region(undefined, undefined, 'root', undefined, 'none')
  }

  /** Code that something outside the project may call whenever it likes. */
  static anytime(): Region {
    return new Region(undefined, undefined, 'anytime', undefined, 'none')
  }

  enter(
    node: t.Node,
    part: 'body' | 'source',
    name: string | undefined,
    role: 'open' | 'main' | 'nested',
  ): Region {
    const made = this.#children.get(node) ?? new Map<string, Region>()
    this.#children.set(node, made)
    const key = `${part} ${role}`
    const region = made.get(key) ?? new Region(this, node, part, name, role)
    made.set(key, region)
    return region
  }

  /** From the root's first child to this. */
  get path(): readonly Region[] {
    return this.parent === undefined ? [] : [...this.parent.path, this]
  }

  /** The main loop's region that this lies in, or is. */
  get main(): Region | undefined {
    if (this.role === 'main') return this
    return this.parent?.main
  }

  isWithin(region: Region): boolean {
    return this === region || (this.parent?.isWithin(region) ?? false)
  }

  /** Whether skipping the nested loops of main iterations leaves this code out. */
  get isNested(): boolean {
    return this.role === 'nested' || (this.parent?.isNested ?? false)
  }

  /** Whether it runs in the body of a main loop, as opposed to its source. */
  get isIteration(): boolean {
    return (this.role === 'main' && this.part === 'body') || (this.parent?.isIteration ?? false)
  }
}

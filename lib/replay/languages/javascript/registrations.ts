import type * as t from '@babel/types'
import type { AbstractObject, FunctionCode } from './heap.js'
import type { Module } from './module.js'
import type { Region } from './region.js'

/** One execution of a call of `checkpointing`. */
export interface Registration {
  readonly node: t.CallExpression
  readonly module: Module
  /** The call of a function that it was executed in. */
  readonly code: FunctionCode | undefined
  readonly region: Region
  /** What belongs to the state until the iteration around has ended. */
  readonly lasting: ReadonlySet<AbstractObject>
  /** What belongs to the state of the integration's own main loop, and to no other. */
  readonly passing: ReadonlySet<AbstractObject>
  /** Those of them that the runtime finds by itself. */
  readonly restored: Set<AbstractObject>
}

/** What checkpoints of one main loop hold. */
export interface RegisteredState {
  readonly objects: ReadonlySet<AbstractObject>
  readonly restored: ReadonlySet<AbstractObject>
  readonly calls: readonly Registration[]
}

/**
 * What `checkpointing` was given in one walk, in the order of execution, and what of it each main loop was entered with. The runtime forgets it with the
 * iteration in which it was given.
 */
export class Registrations {
  #all: Registration[] = []
  #byMain = new Map<Region, { readonly module: Module; readonly held: Set<Registration> }>()
  /** Whether a call of an integration is executed in any case before what follows it in the iteration around: else only its own main loop can count on it. */
  isSure: (registration: Registration) => boolean = () => false

  clear(): void {
    this.#all = []
    this.#byMain = new Map()
  }

  add(registration: Registration): void {
    this.#all.push(registration)
  }

  addRestored(object: AbstractObject): void {
    this.#all.at(-1)?.restored.add(object)
  }

  /** A main loop of that file is entered. */
  enter(main: Region, module: Module): void {
    const held = this.#byMain.get(main)?.held ?? new Set()
    for (const it of this.#all) if (main.parent?.isWithin(it.region) === true) held.add(it)
    this.#byMain.set(main, { module, held })
  }

  /** What checkpoints of a main loop, which is given by its body, surely hold. */
  of(main: Region): RegisteredState {
    const objects = new Set<AbstractObject>()
    const restored = new Set<AbstractObject>()
    const calls: Registration[] = []
    const { module, held = [] } = this.#byMain.get(main) ?? {}
    for (const it of held) {
      const isOwn = it.module === module
      if (!isOwn && it.module.call !== undefined && !this.isSure(it)) continue
      calls.push(it)
      for (const object of it.lasting) objects.add(object)
      if (it.module.call !== undefined && !isOwn) continue
      for (const object of [...it.passing, ...it.restored]) objects.add(object)
      for (const object of it.restored) restored.add(object)
    }
    return { objects, restored, calls }
  }
}

import { type Capturing, StateError, type StateValue } from './adapter.js'
import { adapterFor } from './adapters.js'

/**
 * The objects that checkpointed state consists of when its main loop is entered, by the path on which each is met first, and the other way round.
 * What stands before the loop is executed in each replay, and whatever else holds one of these objects then holds the same one: so a checkpoint names
 * them, and restores into them, wherever they stand in the state by that time. Objects that came in later are nobody else's, and are made anew.
 */
export class Founding {
  readonly #paths = new Map<object, string>()
  readonly #objects = new Map<string, object>()

  /** Walks state as capturing does; what `save()` and `toJSON()` give are no parts of it. @throws StateError where it cannot be captured */
  static of(roots: Readonly<Record<string, object>>): Founding {
    const founding = new Founding()
    for (const [name, root] of Object.entries(roots)) founding.#add([name], root)
    return founding
  }

  pathOf(object: object): string | undefined {
    return this.#paths.get(object)
  }

  at(path: string): object | undefined {
    return this.#objects.get(path)
  }

  get objects(): Iterable<object> {
    return this.#paths.keys()
  }

  #add(path: readonly string[], part: unknown): StateValue {
    if (typeof part !== 'object' || part === null || part instanceof Date || this.#paths.has(part))
      return null
    const text = path.map((it) => it.replace(/[\\/]/g, '\\$&')).join('/')
    let unique = text
    for (let i = 2; this.#objects.has(unique); i++) unique = `${text}#${i}`
    this.#paths.set(part, unique)
    this.#objects.set(unique, part)
    const adapter = adapterFor(part)
    if (adapter.isOpaque === true) return null
    let count = 0
    // TensorFlow.js counts names of weights up over a process, so that they differ where earlier folds were passed over.
    const nameOf = (name: string): string => (adapter.kind === 'tfjs-model' ? String(count++) : name)
    const capturing: Capturing = {
      path: path.join('.'),
      value: (name, child) => {
        if (typeof child === 'function' || typeof child === 'symbol')
          throw new StateError([...path, name].join('.'), `a ${typeof child} cannot be checkpointed`)
        return this.#add([...path, nameOf(name)], child)
      },
      tensor: () => ['', ''],
    }
    adapter.capture(part, capturing)
    return null
  }
}

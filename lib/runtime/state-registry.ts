import { Founding } from './state/founding.js'

/**
 * What `checkpointing` was told, for as long as it holds: state registered inside an iteration is forgotten
 * with it, so that each fold of a cross-validation brings its own.
 */
export class StateRegistry {
  #scopes: { readonly depth: number; readonly roots: Readonly<Record<string, object>> }[] = []

  #founding: Founding | undefined

  /** Whether the next loop is a main loop. */
  get isActive(): boolean {
    return this.#scopes.length > 0
  }

  /** The objects by name; of two registrations of one name the later counts. */
  get roots(): Readonly<Record<string, object>> {
    return Object.assign({}, ...this.#scopes.map(({ roots }) => roots)) as Record<string, object>
  }

  /** What the state consisted of when the main loop was entered; undefined where it could not be looked at. */
  get founding(): Founding | undefined {
    return this.#founding
  }

  /** A main loop is entered. */
  enterLoop(): void {
    try {
      this.#founding = Founding.of(this.roots)
    } catch {
      // Nor can it be captured, which says why.
      this.#founding = undefined
    }
  }

  /** `depth` is the number of loops that are open. */
  register(depth: number, roots: Readonly<Record<string, object>>): void {
    this.#scopes.push({ depth, roots })
  }

  /** Forgets what was registered under a name. */
  forget(name: string): void {
    this.#scopes = this.#scopes.map(({ depth, roots }) => {
      const { [name]: _, ...others } = roots
      return { depth, roots: others }
    })
  }

  /** Forgets what was registered with `depth` loops open, or more. */
  leave(depth: number): void {
    while ((this.#scopes.at(-1)?.depth ?? -1) >= depth) this.#scopes.pop()
  }
}

import type { Label } from '../../model/context.js'
import { RELATIONS } from './relations.js'

/** The columns of `logs` for one loop. */
export interface LoopColumn {
  readonly loop: string
  /** The loop's name, or `loop_<name>` where `logs` has a column of that name already. */
  readonly title: string
  /** What holds each of its iterations as it is called. */
  readonly type: 'BIGINT' | 'DOUBLE' | 'VARCHAR'
  /** Title of the column of its passes; absent where no run entered it twice. */
  readonly passTitle?: string
}

interface Known {
  hasText: boolean
  hasOtherNumbers: boolean
  hasPasses: boolean
}

/** What was met of each loop while values were loaded. */
export class LoopColumns {
  /** In the order in which they are met. */
  readonly #loops = new Map<string, Known>()

  /** Every loop is told, also one whose iterations have no labels. `label` undefined stands for an index. */
  note(
    loop: string,
    { label, hasPasses = false }: { readonly label?: Label | undefined; readonly hasPasses?: boolean } = {},
  ): void {
    let known = this.#loops.get(loop)
    if (known === undefined) {
      known = { hasText: false, hasOtherNumbers: false, hasPasses: false }
      this.#loops.set(loop, known)
    }
    if (hasPasses) known.hasPasses = true
    if (typeof label === 'string') known.hasText = true
    else if (label !== undefined && !Number.isSafeInteger(label)) known.hasOtherNumbers = true
  }

  /** SQL does not tell `A` from `a`. */
  columns(): LoopColumn[] {
    const taken = new Set(RELATIONS.find(({ name }) => name === 'logs')?.columns.map(({ name }) => name))
    const own = (wanted: string): string => {
      let title = wanted
      while (taken.has(title.toLowerCase())) title = `loop_${title}`
      taken.add(title.toLowerCase())
      return title
    }
    const titled = [...this.#loops].map(([loop, known]) => ({
      loop,
      known,
      title: own(loop === '' ? 'loop_' : loop),
    }))
    return titled.map(({ loop, known, title }) => ({
      loop,
      title,
      type: known.hasText ? 'VARCHAR' : known.hasOtherNumbers ? 'DOUBLE' : 'BIGINT',
      ...(known.hasPasses && { passTitle: own(`${title}#`) }),
    }))
  }
}

import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import { nearestNames } from '../../query/suggest.js'
import { nameInField } from './run-fields.js'
import { parseTemplate } from './template.js'

/**
 * For a format whose fields name an argument or a metric that no run has: a slip, which would be blanks without a word. `columns` are
 * fields of their own. Nothing is refused where there are no runs to compare with.
 * @throws FlorError NAME_NOT_FOUND (data: name, candidates, hint); USAGE for a format that cannot be read
 */
export async function requireFields(
  index: RunIndex,
  template: string,
  columns: readonly string[],
): Promise<void> {
  for (const part of parseTemplate(template)) {
    if (typeof part === 'string' || columns.includes(part.field)) continue
    const used = nameInField(part.field)
    if (used === undefined || (await index.runsWith(used.kind, used.name)) > 0) continue
    const known = await index.distinctNames()
    if (known.length > 0) throw unknownInField(part.field, used, known)
  }
}

type NameOfKind = NonNullable<ReturnType<typeof nameInField>>

function unknownInField(
  field: string,
  { kind, name }: NameOfKind,
  known: readonly { readonly kind: string; readonly name: string }[],
): FlorError {
  const sameKind = known.filter((it) => it.kind === kind).map((it) => it.name)
  const candidates = nearestNames(name, sameKind)
  const other = known.find((it) => it.name === name)?.kind
  const near = candidates[0] === undefined ? undefined : field.replace(name, () => candidates[0] as string)
  const meant = other === 'argument' ? `args:${name}` : other === 'value' ? `metric:${name}` : near
  const hint = meant === undefined ? undefined : `did you mean %(${meant})?`
  const what = kind === 'argument' ? 'has an argument' : 'has logged'
  return new FlorError(`no run ${what} ${JSON.stringify(name)}, which %(${field}) names`, {
    code: 'NAME_NOT_FOUND',
    data: { name, candidates, ...(hint !== undefined && { hint }) },
  })
}

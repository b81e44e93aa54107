import { JSON_VERSION, type Jsonable } from '../formats/json.js'
import type { Style } from '../render/style.js'
import { padEnd } from '../render/width.js'
import { wrapProse } from '../render/wrap.js'
import { RELATIONS } from '../sql/relations.js'

/** The relations of `git flor query` for people. */
export function formatSchema({
  columns,
  style,
}: {
  readonly columns: number
  readonly style: Style
}): string[] {
  return RELATIONS.flatMap((relation, i) => {
    const nameWidth = Math.max(...relation.columns.map(({ name }) => name.length))
    const typeWidth = Math.max(...relation.columns.map(({ type }) => type.length))
    const lines = relation.columns.flatMap(({ name, type, describe }) => {
      const head = `    ${padEnd(name, nameWidth)}  ${padEnd(type, typeWidth)}  `
      const isNarrow = columns - head.length < 24
      const [first = '', ...more] = wrapProse(describe, isNarrow ? columns - 8 : columns - head.length)
      const indent = ' '.repeat(isNarrow ? 8 : head.length)
      return isNarrow
        ? [head.trimEnd(), ...[first, ...more].map((line) => indent + line)]
        : [head + first, ...more.map((line) => indent + line)]
    })
    const [title = '', ...rest] = wrapProse(`${relation.name}: ${relation.describe}`, columns)
    return [...(i === 0 ? [] : ['']), style.heading(title), ...rest.map(style.heading), ...lines]
  })
}

/** The same for programs; docs/json.md describes it. */
export function schemaToJson(): Jsonable {
  const relations = RELATIONS.map(({ name, describe, columns }) => ({
    name,
    describe,
    columns: columns.map((column) => ({ ...column })),
  }))
  return { version: JSON_VERSION, kind: 'schema', relations }
}

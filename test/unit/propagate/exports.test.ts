import { test } from 'tap'
import { getLanguage } from '../../../lib/propagate/language.js'

const exportsOf = (path: string, text: string) => {
  const language = getLanguage(path)
  const { names, starred, isComplete } = language.exportsOf(language.parse({ path, text }))
  const shown = [...names].map(([name, value]) => [
    name,
    value === undefined
      ? '(a value)'
      : 'module' in value
        ? `${value.imported} of ${value.module}`
        : value.name,
  ])
  return { names: Object.fromEntries(shown), starred, isComplete }
}

test('exports of modules are told by the names that others import', (t) => {
  const text = `import { far } from './far.js'
export const a = 1, b = 2
export function c() {}
export class D {}
const e = 3
export { e as f, far }
export { g as h, default as i } from './near.js'
export * as all from './all.js'
export * from './more.js'
export default function j() {}
`
  t.strictSame(exportsOf('m.js', text), {
    names: {
      a: 'a',
      b: 'b',
      c: 'c',
      D: 'D',
      f: 'e',
      far: 'far',
      h: 'g of ./near.js',
      i: 'default of ./near.js',
      all: '* of ./all.js',
      default: 'j',
    },
    starred: ['./more.js'],
    isComplete: true,
  })
  t.strictSame(exportsOf('m.js', 'export default 1 + 1\n').names, { default: '(a value)' })
  t.equal(exportsOf('m.js', 'export const { a, b } = make()\n').isComplete, false)
  t.end()
})

test('exports of CommonJS are told where they are assigned at the top', (t) => {
  t.strictSame(exportsOf('m.cjs', 'const a = 1\nmodule.exports = { a, b: a, c() {} }\n'), {
    names: { a: 'a', b: 'a', c: '(a value)' },
    starred: [],
    isComplete: true,
  })
  t.strictSame(exportsOf('m.cjs', 'const a = 1\nexports.b = a\nmodule.exports.c = 2\n').names, {
    b: 'a',
    c: '(a value)',
  })
  for (const open of [
    'Object.assign(exports, { a: 1 })\n',
    'module.exports = { ...others }\n',
    'module.exports = make()\n',
    'function fill() {\n  exports.a = 1\n}\n',
  ])
    t.equal(exportsOf('m.cjs', open).isComplete, false, open)
  t.end()
})

test('a module is named as another file sees it, in the manner of another name', (t) => {
  const { formatModule, moduleFiles } = getLanguage('a.js')
  t.equal(formatModule('train.js', 'lib/model.js', './x.js'), './lib/model.js')
  t.equal(formatModule('src/train.js', 'lib/model.js', './x.js'), '../lib/model.js')
  t.equal(formatModule('src/train.js', 'src/model.js', './x'), './model')
  t.equal(formatModule('train.ts', 'nn/index.ts', './x'), './nn')
  t.equal(formatModule('train.ts', 'model.ts', './x.js'), './model.js')
  t.equal(formatModule('train.ts', 'model.mts', './x.js'), './model.mjs')
  t.equal(formatModule('train.ts', 'model.ts', './x.ts'), './model.ts')
  for (const [from, to] of [
    ['train.js', 'lib/model.js'],
    ['a/b/train.ts', 'a/model.ts'],
    ['train.tsx', 'view.tsx'],
    ['train.js', 'nn/index.js'],
  ] as const)
    for (const like of ['./x.js', './x', './x.ts'])
      t.ok(moduleFiles(from, formatModule(from, to, like)).includes(to), `${to} from ${from} like ${like}`)
  t.end()
})

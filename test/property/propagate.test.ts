import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { findStatements, getLanguage, propagate, type SourceFile } from '../../lib/propagate/propagate.js'

const folder = fileURLToPath(new URL('../unit/propagate/fixtures', import.meta.url))

interface Fixture {
  readonly newer: SourceFile
  readonly older: SourceFile
}

/** Both versions of the fixtures in plain JavaScript whose old version is laid out in lines. */
const fixtures: Fixture[] = readdirSync(folder).flatMap((name) => {
  const read = (file: string) => readFileSync(join(folder, name, file), 'utf8')
  if (!readdirSync(join(folder, name)).includes('expected.js') || /^(minified|mixed|crlf)/.test(name))
    return []
  return [
    { newer: { path: 'new.js', text: read('new.js') }, older: { path: 'old.js', text: read('old.js') } },
  ]
})

const anyFixture = fc.constantFrom(...fixtures)
const wanted = (source: SourceFile) => findStatements(source, { name: 'wanted' })

/** Which lines hold code: the others may be multiplied without a change of meaning. */
function codeLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//'))
}

/** A copy of a program with blank lines and comments in front of some statements. */
function scatter(source: SourceFile, seeds: readonly number[]): SourceFile {
  const tree = getLanguage(source.path).parse(source)
  const starts = new Set(
    tree.statements
      .filter(
        ({ block, start }) =>
          !block.isBare &&
          /^[ \t]*$/.test(source.text.slice(source.text.lastIndexOf('\n', start - 1) + 1, start)),
      )
      .map(({ line }) => line),
  )
  const lines = source.text.split('\n').flatMap((line, i) => {
    const seed = seeds[i % seeds.length] ?? 0
    if (!starts.has(i + 1) || seed === 0) return [line]
    return seed === 1 ? ['', line] : [`${/^\s*/.exec(line)?.[0]}// note ${seed}`, line]
  })
  return { ...source, text: lines.join('\n') }
}

/** A copy in which a local name is called something else everywhere. */
function rename(source: SourceFile, seed: number): SourceFile {
  const tree = getLanguage(source.path).parse(source)
  const local = tree.bindings.filter(
    ({ kind }) => kind === 'constant' || kind === 'variable' || kind === 'parameter',
  )
  const binding = local[seed % Math.max(1, local.length)]
  if (!binding || binding.imported || binding.references.some(({ shorthand }) => shorthand)) return source
  const name = `${binding.name}Renamed`
  let { text } = source
  for (const { start, end } of [...binding.references].sort((a, b) => b.start - a.start))
    text = text.slice(0, start) + name + text.slice(end)
  return { ...source, text }
}

t.test('every byte of the old file is kept, in order', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyFixture, fc.array(fc.nat(3), { minLength: 1 }), ({ newer, older }, seeds) => {
        const changed = scatter(older, seeds)
        const result = propagate(newer, wanted(newer), changed)
        if (result.status !== 'placed') return
        let at = 0
        for (const character of changed.text) {
          at = result.text.indexOf(character, at) + 1
          if (at === 0) throw new Error(`lost ${JSON.stringify(character)}`)
        }
      }),
    ),
  )
})

t.test('what was placed exists, and propagating again changes nothing', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyFixture, fc.nat(), ({ newer, older }, seed) => {
        const result = propagate(newer, wanted(newer), rename(older, seed))
        if (result.status !== 'placed') return true
        return propagate(newer, wanted(newer), { ...older, text: result.text }).status === 'exists'
      }),
    ),
  )
})

t.test('the result parses, and no inserted name is unbound that was bound', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyFixture, fc.nat(), fc.nat(), ({ newer, older }, one, other) => {
        const changed = rename(older, one)
        const from = rename(newer, other)
        const result = propagate(from, wanted(from), changed)
        if (result.status !== 'placed') return
        const free = (source: SourceFile) =>
          new Set(
            getLanguage(source.path)
              .parse(source)
              .tokens.filter(({ role, binding }) => role === 'name' && !binding)
              .map(({ text }) => text),
          )
        const known = new Set([...free(from), ...free(changed)])
        for (const name of free({ ...changed, text: result.text }))
          if (!known.has(name)) throw new Error(`${name} is unbound`)
      }),
    ),
  )
})

t.test('blank lines, comments and renamed locals never move the place', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        anyFixture,
        fc.array(fc.nat(3), { minLength: 1 }),
        fc.nat(),
        ({ newer, older }, seeds, seed) => {
          const plain = propagate(newer, wanted(newer), older)
          const edited = propagate(newer, wanted(newer), scatter(older, seeds))
          const renamed = propagate(newer, wanted(newer), rename(older, seed))
          if (plain.status !== 'placed') return
          const place = (text: string) => codeLines(text).findIndex((line) => line.includes("'wanted'"))
          if (edited.status === 'placed' && place(edited.text) !== place(plain.text))
            throw new Error(edited.text)
          if (renamed.status === 'placed' && place(renamed.text) !== place(plain.text))
            throw new Error(renamed.text)
        },
      ),
    ),
  )
})

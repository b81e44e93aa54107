import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { findStatements, getLanguage, propagate, type SourceFile } from '../../lib/propagate/propagate.js'
import {
  bindingStarts,
  bindingsAt,
  pickTwo,
  place,
  rename,
  renameable,
  reorder,
  scatter,
  swap,
  withFunctions,
} from './propagate-edits.js'

const folder = fileURLToPath(new URL('../unit/propagate/fixtures', import.meta.url))

interface Fixture {
  readonly name: string
  readonly newer: SourceFile
  readonly older: SourceFile
}

/** The fixtures in JavaScript and TypeScript that have a wanted result, in lines that end with `\n`. */
const fixtures: Fixture[] = readdirSync(folder).flatMap((name) => {
  const files = readdirSync(join(folder, name))
  const read = (prefix: string): SourceFile => {
    const path = files.find((file) => file.startsWith(`${prefix}.`)) ?? ''
    return { path, text: readFileSync(join(folder, name, path), 'utf8') }
  }
  if (!files.some((file) => file.startsWith('expected.'))) return []
  const fixture = { name, newer: read('new'), older: read('old') }
  return fixture.older.text.includes('\r') ? [] : [fixture]
})

const anyFixture = fc.constantFrom(...fixtures)
const anySeeds = fc.array(fc.nat(3), { minLength: 1 })
const wanted = (source: SourceFile) => findStatements(source, { name: 'wanted' })
const numRuns = Number(process.env.FLOR_PROPERTY_RUNS ?? 150)

/** Holds `property` for random arguments; prints the counterexample when it does not. */
function check<T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void {
  fc.assert(property, { numRuns })
}

t.test('the result is the old text with insertions, to the byte', async (t) => {
  t.doesNotThrow(() =>
    check(
      fc.property(anyFixture, anySeeds, fc.nat(), ({ newer, older }, seeds, seed) => {
        const changed = rename(scatter(older, seeds), seed)
        const result = propagate(newer, wanted(newer), changed)
        if (result.status !== 'placed') return
        let text = ''
        let at = 0
        for (const edit of result.edits) {
          if (edit.offset < at) throw new Error('edits overlap')
          text += changed.text.slice(at, edit.offset) + edit.text
          at = edit.offset
        }
        if (text + changed.text.slice(at) !== result.text) throw new Error('something else was changed')
        let rest = result.edits.map((edit) => edit.text).join('')
        for (const insertion of result.insertions) rest = rest.replace(insertion.text, () => '')
        if (!/^[\s;{}]*$/.test(rest)) throw new Error(`inserted beside the statements: ${rest}`)
      }),
    ),
  )
})

t.test('what was placed exists, and propagating again changes nothing', async (t) => {
  t.doesNotThrow(() =>
    check(
      fc.property(anyFixture, anySeeds, fc.nat(), ({ newer, older }, seeds, seed) => {
        const result = propagate(newer, wanted(newer), rename(scatter(older, seeds), seed))
        if (result.status !== 'placed') return true
        return propagate(newer, wanted(newer), { ...older, text: result.text }).status === 'exists'
      }),
    ),
  )
})

t.test('the result parses, and no inserted name is unbound that was bound', async (t) => {
  t.doesNotThrow(() =>
    check(
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

t.test('blank lines, comments, renamed locals and reordered functions never move the place', async (t) => {
  t.doesNotThrow(() =>
    check(
      fc.property(
        anyFixture,
        anySeeds,
        fc.nat(),
        fc.array(fc.nat(), { minLength: 3 }),
        (fixture, seeds, seed, order) => {
          const newer = withFunctions(fixture.newer)
          const older = withFunctions(fixture.older)
          const plain = propagate(newer, wanted(newer), older)
          if (plain.status !== 'placed') return
          for (const edited of [
            scatter(older, seeds),
            rename(older, seed),
            reorder(older, order),
            scatter(rename(reorder(older, order), seed), seeds),
          ]) {
            const result = propagate(newer, wanted(newer), edited)
            if (result.status !== 'placed') continue
            const [before, after] = [plain, result].map(({ text }) => place({ ...older, text }))
            if (before !== after) throw new Error(`${before}\nbecame\n${after}\nin\n${result.text}`)
          }
        },
      ),
    ),
  )
})

t.test('when two locals exchange their names, the inserted names follow what they meant', async (t) => {
  t.doesNotThrow(() =>
    check(
      fc.property(anyFixture, fc.nat(), ({ newer, older }, seed) => {
        const pair = pickTwo(older, seed)
        const swapped = pair && swap(older, ...pair)
        if (!swapped) return
        const [plain, result] = [older, swapped].map((from) => propagate(newer, wanted(newer), from))
        if (plain?.status !== 'placed' || result?.status !== 'placed') return
        const shift = (offset: number) =>
          result.edits.reduce((at, edit) => (edit.offset <= offset ? at + edit.text.length : at), offset)
        const found = { ...older, text: result.text }
        const starts = bindingStarts(swapped)
        const [a, b] = bindingsAt(
          found,
          pair.map(({ index }) => shift(starts[index] ?? -1)),
        )
        if (!a || !b) throw new Error('a declaration is gone')
        const back = swap(found, a, b)
        if (back?.text !== plain.text) throw new Error(`${back?.text}\ninstead of\n${plain.text}`)
      }),
    ),
  )
})

t.test('such edits hardly ever make it refuse what it placed', async (t) => {
  const refused: string[] = []
  let count = 0
  for (const { name, newer: own, older: old } of fixtures) {
    const newer = withFunctions(own)
    const older = withFunctions(old)
    if (propagate(newer, wanted(newer), older).status !== 'placed') {
      refused.push(`${name}: more functions`)
      continue
    }
    const edits: [string, SourceFile][] = [
      ['comments', scatter(older, [2])],
      ['blank lines', scatter(older, [1])],
      ['both', scatter(older, [0, 1, 2, 3])],
      ['reordered', reorder(older, [2, 1, 0])],
      ...renameable(older).map((local, i): [string, SourceFile] => [`renamed ${local}`, rename(older, i)]),
    ]
    for (const [edit, edited] of edits) {
      count++
      const result = propagate(newer, wanted(newer), edited)
      if (result.status === 'declined') refused.push(`${name}: ${edit}: ${result.reason}: ${result.message}`)
      else if (result.status === 'exists') t.fail(`${name}: ${edit}: exists`)
    }
  }
  t.ok(refused.length / count < 0.05, `${refused.length} of ${count}:\n${refused.join('\n')}`)
})

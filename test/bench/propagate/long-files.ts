import { parseCached } from '../../../lib/propagate/parse-cache.js'
import { lineAt, type Statement, type Token } from '../../../lib/propagate/syntax.js'
import { fetchVersion, readSources } from './corpus.js'

/** Two versions of one long file; the newer one has a flor log that the older one lacks. */
export interface LongFile {
  readonly name: string
  readonly lines: number
  readonly newer: string
  readonly older: string
}

/** Packages whose files are scripts: they can be put into one file, each in a function, as bundlers do. */
const scripts = [
  ['commander', '5.0.0'],
  ['mocha', '7.0.1'],
  ['ws', '7.1.2'],
  ['express', '4.10.1'],
  ['fastify', '3.4.0'],
  ['natural', '0.5.2'],
  ['neataptic', '1.3.9'],
  ['pino', '5.13.2'],
] as const

/** Sources that parse as the body of a function, each with its lines; generated and test data left out. */
function* bodies(): Generator<string> {
  for (const [name, version] of scripts) {
    const folder = fetchVersion(name, version)
    if (folder === undefined) continue
    const files = [...readSources(folder)].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [path, text] of files)
      if (!/^(import|export|#!)/m.test(text) && /\.js$/.test(path) && countLines(text) < 3000) yield text
  }
}

/** A file of about `lines` lines (within 3 %, rather more) of real code, every thirteenth line of it edited since. */
export function realFile(lines: number): LongFile {
  let text = ''
  let part = 0
  let count = 0
  for (const body of bodies()) {
    const more = countLines(body) + 2
    if (count + more > 1.03 * lines) continue
    const wrapped = `function part${part++}(module, exports, require) {\n${body.trimEnd()}\n}\n`
    if (!parses(wrapped)) continue
    text += wrapped
    count += more
    if (count >= lines) break
  }
  const older = editLines(text, 13)
  return { name: `every 13th line edited`, lines: countLines(text), newer: withLog(text), older }
}

/** Shapes that invite quadratic work, of about `lines` lines each. */
export function hardFiles(lines: number): LongFile[] {
  const make = (name: string, newer: string, older: string): LongFile => ({
    name,
    lines: countLines(newer),
    newer: withLog(newer),
    older,
  })
  const times = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('')
  const flat = times(lines, (i) => `const value${i} = compute(input[${i}], ${i % 7}, 'name${i}')\n`)
  const alike = times(lines, (i) => `call(table, ${i}, flag)\n`)
  const methods = times(
    lines / 4,
    (i) => `  method${i}(a, b) {\n    const c = a.field${i}\n    return c + b\n  },\n`,
  )
  const nested = (mark: string) => {
    const depth = Math.min(300, Math.floor(lines / 4))
    const open = times(depth, (i) => `if (level > ${i}) {\nconst at${i} = ${mark}(${i})\n`)
    const rest = Math.max(0, lines - 3 * depth)
    return `${open}${times(rest, (i) => `work(${i % 50}, at${depth - 1})\n`)}${'}\n'.repeat(depth)}`
  }
  const shuffled = flat
    .trimEnd()
    .split('\n')
    .map((line, i, all) => all[(i * 7919) % all.length] ?? line)
  const list = (mark: string) => times(lines, (i) => `exports.${mark}${i} = require('./${mark}${i}')\n`)
  return [
    make(
      'flat, most lines changed',
      flat,
      flat.replace(/compute\(input\[(\d+)\], \d/g, (_all, i) =>
        Number(i) % 10 === 0 ? _all : `measure(values[${i}], ${Number(i) + 1}`,
      ),
    ),
    make(
      'flat, one token differs',
      alike,
      alike.replace(/call\(table, (\d+)/g, (_all, i) => `call(table, ${Number(i) + lines}`),
    ),
    make('deeply nested', nested('inspect'), nested('measure')),
    make(
      'an object of methods',
      `const all = {\n${methods}}\n`,
      `const all = {\n${methods.replace(/ \+ b/g, ' - b')}}\n`,
    ),
    make('all lines in another order', flat, `${shuffled.join('\n')}\n`),
    make('rewritten', flat, list('part')),
    make(
      'one line repeated',
      `${times(lines, () => 'step(model)\n')}const last = 1\n`,
      `${times(lines, (i) => (i % 9 === 0 ? 'stop(model)\n' : 'step(model)\n'))}const last = 1\n`,
    ),
  ]
}

export function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

function parses(text: string): boolean {
  try {
    parseCached({ path: 'part.js', text })
    return true
  } catch {
    return false
  }
}

/** Renames a member, or changes a literal, on each line of a number that `step` divides (or the next line that has any). */
function editLines(text: string, step: number): string {
  const tree = parseCached({ path: 'file.js', text })
  let edited = ''
  let at = 0
  let from = 0
  for (const [i, token] of tree.tokens.entries()) {
    const line = lineAt(tree.lineStarts, token.start)
    if (line < from) continue
    const other = editToken(token, tree.tokens[i - 1])
    if (other === undefined) continue
    edited += text.slice(at, token.start) + other
    at = token.end
    from = line - (line % step) + step
  }
  return edited + text.slice(at)
}

function editToken(token: Token, before: Token | undefined): string | undefined {
  if (token.role === 'field' && before?.text === '.') return `${token.text}Before`
  if (token.role === 'literal' && /^\d+$/.test(token.text)) return `1${token.text}`
  if (token.role === 'literal' && /^'[\w ]+'$/.test(token.text) && token.text !== "'use strict'")
    return `${token.text.slice(0, -1)} before'`
  return undefined
}

/** A flor log behind the statement nearest the middle of the file: of the variable that it declares, where it declares one. */
function withLog(text: string): string {
  const tree = parseCached({ path: 'file.js', text })
  const middle = text.length / 2
  const distance = ({ start }: Statement) => Math.abs(start - middle)
  const [at] = tree.statements
    .filter(({ kind, blocks, block }) => blocks.length === 0 && !block.isBare && /^(Var|Expr)/.test(kind))
    .sort((a, b) => distance(a) - distance(b))
  if (!at) throw new Error('no statement to log behind')
  return `${text.slice(0, at.end)}\nflor.log('probe', ${at.declares[0]?.name ?? 1})${text.slice(at.end)}`
}

import t from 'tap'
import { isFlorError } from '../../../lib/model/errors.js'
import { findNearestLine, findStatements } from '../../../lib/propagate/find-statements.js'
import { propagate } from '../../../lib/propagate/propagate.js'

const header = "import * as flor from 'git-flor'\n"
const plain = `${header}const x = 1\nflor.log('wanted', x)\nsave(x)\n`

/** Carries the log of `newer` into `older`; both are JavaScript unless `extension` says otherwise. */
function carry(newer: string, older: string, extension = 'js') {
  const from = { path: `new.${extension}`, text: newer }
  return propagate(from, findStatements(from, { name: 'wanted' }), { path: `old.${extension}`, text: older })
}

/** The text without the lines that log `wanted`. */
const without = (text: string): string =>
  text
    .split(/(?<=\n)/)
    .filter((line) => !line.includes("'wanted'"))
    .join('')

/** What parsing complains about. */
function complaint(text: string, path = 'a.js'): string {
  try {
    findStatements({ path, text }, { line: 1 })
  } catch (error) {
    if (isFlorError(error, 'SOURCE_SYNTAX')) return error.message
    throw error
  }
  return ''
}

t.test('an old version that does not parse is refused with the place, a new one is an error', async (t) => {
  t.match(carry(plain, `${header}const = 1\n`), {
    status: 'declined',
    reason: 'does-not-parse',
    message: 'the old version does not parse: old.js:2:7: Unexpected token',
    candidates: [2],
  })
  t.throws(() => carry(`${plain}const = 1\n`, plain), { code: 'SOURCE_SYNTAX', data: { line: 5, column: 7 } })
})

t.test('complaints are those of the dialect that got furthest, in words of the file', async (t) => {
  t.equal(
    complaint('const a = 1\r\n<<<<<<< HEAD\r\nconst b = 1\r\n=======\r\n'),
    'a.js:2:1: a conflict marker of an unfinished merge',
  )
  t.equal(
    complaint('const a = b |> c\n'),
    'a.js:1:13: syntax that is not standard and not supported: pipelineOperator',
  )
  t.equal(complaint('function f(a: ?number) {}\nconst = 1\n'), 'a.js:2:7: Unexpected token')
  t.equal(complaint('a\0b'), 'a.js:1:2: a NUL byte: this is not a text file')
  t.equal(complaint('const a = <div>\n', 'a.jsx'), 'a.jsx:1:16: Unterminated JSX contents.')
})

const repeat = (text: string, times: number) => text.repeat(times)
const deep = 10_000
const nestings: Record<string, string> = {
  parentheses: `f(${repeat('(', deep)}1${repeat(')', deep)})`,
  arrays: `f(${repeat('[', deep)}1${repeat(']', deep)})`,
  blocks: repeat('{', deep) + repeat('}', deep),
  functions: repeat('(function () {', deep) + repeat('})()', deep),
  templates: repeat('`${', deep) + repeat('}`', deep),
  arrows: `${repeat('() => ', deep)}1`,
  conditions: `${repeat('a ? b : ', deep)}c`,
  additions: `a${repeat(' + a', deep)}`,
  'chains of calls': `a${repeat('.b()', deep)}`,
  'chains of else if': `${repeat('if (a) { b() } else ', deep)}{ c() }`,
}
for (const [name, code] of Object.entries(nestings)) {
  t.test(`ten thousand nested ${name} are refused, and nothing overflows`, async (t) => {
    t.match(carry(plain, `${header}${code}\nconst x = 1\nsave(x)\n`), {
      status: 'declined',
      reason: 'does-not-parse',
      message:
        /^the old version does not parse: old\.js(:2:\d+)?: code that is nested too deeply to be read$/,
    })
    t.throws(() => carry(`${plain}${code}\n`, plain), { code: 'SOURCE_SYNTAX' })
  })
}

t.test('several hundred levels are none too many', async (t) => {
  const code = `${repeat('if (a) { b() } else ', 500)}{ c() }\nf(${repeat('[', 100)}1${repeat(']', 100)})\n`
  const newer = `${header}${code}const x = 1\nflor.log('wanted', x)\nsave(x)\n`
  t.match(carry(newer, without(newer)), { status: 'placed', text: newer })
})

t.test('a minified file of one line gets the statement where it belongs', async (t) => {
  const program = (log: string) => {
    let text = "import*as flor from'git-flor';"
    for (let i = 0; i < 300; i++)
      text += `function f${i}(a,b){var c=a*${i}+b;if(c>${i}){g(c,'s${i}');return c}else{h(a)}var x=c+${i};${i === 150 ? log : ''}return x+${i}}`
    return text
  }
  const result = carry(program("flor.log('wanted',x);"), program(''))
  t.equal(result.status === 'placed' ? result.text : result.status, program(" flor.log('wanted',x);"))
})

t.test('a megabyte in one line does not take for ever', async (t) => {
  for (const filler of [`const d="${repeat('x', 1_000_000)}";`, `const d=[${repeat('1,', 250_000)}];`]) {
    const program = (log: string) => `const flor=require("git-flor");${filler}const x=d.length;${log}save(x)`
    const result = carry(program("flor.log('wanted',x);"), program(''))
    t.equal(
      result.status === 'placed' ? result.text.length : result.status,
      program(" flor.log('wanted',x);").length,
    )
  }
})

t.test('statements side by side on one line: those that log, or all of them', async (t) => {
  const at = (text: string, line: number) =>
    findStatements({ path: 'a.js', text }, { line }).map((statement) => statement.text)
  t.same(at("a();flor.log('b', 1);c();flor.log('d', 2)", 1), ["flor.log('b', 1);", "flor.log('d', 2)"])
  t.same(at('a();b()', 1), ['a();', 'b()'])
  t.same(at("for (const a of b) flor.log('a', a)", 1), ["for (const a of b) flor.log('a', a)"])
})

t.test(
  'a line in the middle of a statement names that statement, other lines have a nearest one',
  async (t) => {
    const source = {
      path: 'a.js',
      text: 'function f() {\n  flor.log(\n    "a",\n\n    // why\n    b,\n  )\n}\n\n\n\nc()\n',
    }
    for (const line of [2, 3, 6, 7]) t.equal(findStatements(source, { line })[0]?.line, 2, `line ${line}`)
    for (const [line, nearest] of [
      [4, 3],
      [5, 6],
      [8, 7],
      [10, 12],
      [99, 12],
    ] as const) {
      t.same(findStatements(source, { line }), [], `line ${line}`)
      t.equal(findNearestLine(source, line), nearest)
    }
    t.equal(findNearestLine({ path: 'a.js', text: '// nothing\n' }, 1), undefined)
  },
)

t.test('files without statements get what the statement needs', async (t) => {
  const log = `${header}flor.log('wanted', 1)\n`
  for (const older of ['', '\n', '// a note\n', '#!/usr/bin/env node', '\ufeff', "'use strict'\n", '/* a */'])
    t.match(
      carry(log, older),
      { status: 'placed', insertions: [{ kind: 'import' }, { kind: 'statement' }] },
      older,
    )
})

/** Each holds a line that logs `wanted`; without that line it is the old version, and with it the wanted result. */
const syntaxes: Record<string, readonly [text: string, extension?: string]> = {
  'a lone carriage return as line end': [`${header}const x = 1\nflor.log('wanted', x)\nsave(x)\n`],
  'hashbang and header comments': [
    `#!/usr/bin/env node\n// a\n/* b */\n${header}flor.log('wanted', 1)\nsave()\n`,
  ],
  'Flow types': [
    `// @flow\n${header}function f(a: ?A): {| b: 1 |} {\n  const x = (a: any)\n  flor.log('wanted', x)\n  return x\n}\n`,
  ],
  'names with accents and escapes': [
    `${header}const été = 1\nconst \\u0061b = été\nflor.log('wanted', ab + été)\nsave(ab)\n`,
  ],
  'HTML-like comments': [
    `const flor = require('git-flor')\n<!-- a\nconst x = 1\nflor.log('wanted', x)\nsave(x)\n--> b\n`,
  ],
  'private names and static blocks': [
    `${header}class A {\n  #a = 1\n  static {\n    const x = 1\n    flor.log('wanted', x)\n    use(x)\n  }\n  get #b() {\n    return this.#a\n  }\n}\n`,
  ],
  labels: [
    `${header}outer: for (const a of b) {\n  for (const c of a) {\n    if (c) continue outer\n    flor.log('wanted', c)\n    use(c)\n  }\n}\n`,
  ],
  'regular expressions with quotes': [
    `${header}const x = /['"\`]\\/\\(/.test(a) ? /[/]'/g : b / c / d\nflor.log('wanted', x)\nsave(x)\n`,
  ],
  'templates in templates': [
    `${header}const x = \`a\${b ? \`c\${d}\` : 'e'}f\${\`\`}\`\nflor.log('wanted', x)\nsave(x)\n`,
  ],
  'import attributes': [
    `${header}import d from './d.json' with { type: 'json' }\nconst x = d.a\nflor.log('wanted', x)\nsave(x)\n`,
  ],
  'import assertions': [
    `${header}import d from './d.json' assert { type: 'json' }\nconst x = d.a\nflor.log('wanted', x)\nsave(x)\n`,
  ],
  'scripts in sloppy mode': [
    `const flor = require('git-flor')\nwith (a) {\n  var x = 010\n  flor.log('wanted', x)\n  use(x)\n}\n`,
  ],
  'asynchronous generators': [
    `${header}async function* g() {\n  for await (const x of s) {\n    yield x\n    flor.log('wanted', x)\n    await q(x)\n  }\n}\n`,
  ],
  TSX: [
    `${header}function A<T,>({ a }: { a: T }) {\n  const x = <div key={a}>{"it's"} don't</div>\n  flor.log('wanted', x)\n  return x\n}\n`,
    'tsx',
  ],
  'enum, namespace, declare, abstract': [
    `${header}enum E { A = 1, B }\nnamespace N {\n  export const x = E.A\n  flor.log('wanted', x)\n  save(x)\n}\ndeclare global { var q: number }\ndeclare function h(a: number): void\nabstract class C { abstract m(): void; constructor(private readonly z: number) {} }\n`,
    'ts',
  ],
  'import = and export =': [
    `import flor = require('git-flor')\nimport q = A.B\nconst x = q.r\nflor.log('wanted', x)\nsave(x)\nexport = x\n`,
    'ts',
  ],
  'overloads, assertions, satisfies': [
    `${header}function f(a: string): void\nfunction f(a: any) {\n  const x = <unknown>a as string satisfies string\n  flor.log('wanted', x)\n  return x!\n}\n`,
    'ts',
  ],
  'decorated parameters and accessors': [
    `${header}class A {\n  @d accessor y = 1\n  constructor(@Inject() private a: B) {\n    const x = a\n    flor.log('wanted', x)\n    use(x)\n  }\n}\n`,
    'ts',
  ],
}
for (const [name, [text, extension]] of Object.entries(syntaxes)) {
  t.test(`${name}: the statement is put where it was taken from`, async (t) => {
    const newer = name.startsWith('a lone') ? text.replaceAll('\n', '\r') : text
    const older = name.startsWith('a lone') ? without(text).replaceAll('\n', '\r') : without(text)
    const result = carry(newer, older, extension)
    t.equal(result.status === 'placed' ? result.text : JSON.stringify(result), newer)
  })
}

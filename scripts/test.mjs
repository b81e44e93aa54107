// Runs the compiled tests with tap and ends with one line: `N passed, N failed`.
// Arguments are test files or folders below dist/test (default: unit, property and e2e).
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const tests = join(top, 'dist/test')
const wanted = process.argv.slice(2)
const roots =
  wanted.length > 0
    ? wanted.map((path) => join(top, path))
    : ['unit', 'property', 'e2e'].map((it) => join(tests, it))

function testFiles(path) {
  if (!statSync(path, { throwIfNoEntry: false })) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'fixtures')
    .flatMap((entry) => {
      const child = join(path, entry.name)
      if (entry.isDirectory()) return testFiles(child)
      return entry.name.endsWith('.test.js') ? [child] : []
    })
}

const files = roots.flatMap(testFiles)
const results = join(top, '.tap/results.tap')
mkdirSync(dirname(results), { recursive: true })
const tapPackage = createRequire(import.meta.url).resolve('tap/package.json')
const tap = join(dirname(tapPackage), JSON.parse(readFileSync(tapPackage, 'utf8')).bin.tap)
const run = spawnSync(process.execPath, [tap, '--reporter=terse', `--output-file=${results}`, ...files], {
  cwd: top,
  stdio: 'inherit',
})

// One test is one `test(…)` of a file: the lines that tap indents by one level. A file that dies has none of its own and counts as one failure.
let passed = 0
let failed = 0
for (const line of readFileSync(results, 'utf8').split('\n')) {
  if (/^ {4}ok /.test(line)) passed += 1
  else if (/^ {4}not ok /.test(line)) failed += 1
}
if (run.status !== 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || files.length === 0 ? 1 : 0

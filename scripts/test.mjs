// Runs the compiled tests, two files at a time, and ends with one line: `N passed, N failed`.
// Arguments are test files or folders (dist/test/unit/git); without any: unit, property and e2e.
//
// Each file is run by node itself, which tap's tests allow: tap's runner puts a loader into every child process, which makes each start three times
// slower and changes how they die by signals, and that is what many of our tests are about.
//
// Property tests draw the same arguments each time, so that a change is judged by what it changes. FLOR_SEED=<number> draws others, FLOR_SEED=random new ones.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const JOBS = 2
// With FLOR_TRUTH=all one file carries out more than a hundred attacks.
const TIMEOUT_MS = process.env.FLOR_TRUTH === 'all' ? 1_800_000 : 240_000
const top = dirname(dirname(fileURLToPath(import.meta.url)))
const wanted = process.argv.slice(2)
const roots = wanted.length > 0 ? wanted : ['unit', 'property', 'e2e'].map((it) => `dist/test/${it}`)

function testFiles(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  if (found.isFile()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'fixtures')
    .flatMap((entry) => {
      const child = join(path, entry.name)
      return entry.isDirectory() ? testFiles(child) : child.endsWith('.test.js') ? [child] : []
    })
}

/** What node is started with for a file: property tests draw by a fixed seed. */
function nodeOptions(file) {
  const drawing = readFileSync(file, 'utf8').includes(`from 'fast-check'`)
  const seeding = new URL('../dist/test/support/fixed-draws.js', import.meta.url)
  return ['--enable-source-maps', ...(drawing ? ['--import', seeding.href] : [])]
}

/** The output of a file that failed, without the tests in it that passed. */
function failures(output) {
  const tests = output.split(/^(?=# Subtest: )/m)
  const failed = tests.filter((it) => /^not ok /m.test(it))
  return failed.length > 0 ? failed.join('') : output
}

/** Runs one file; resolves to its output (TAP), exit code and duration. */
function run(file) {
  return new Promise((resolve) => {
    const startedMs = Date.now()
    const child = spawn(process.execPath, [...nodeOptions(file), file], {
      cwd: top,
      stdio: ['ignore', 'pipe', 'pipe'],
      // tap in a file of its own gives up after 30 s, which a busy machine needs for some; the limit is ours alone.
      env: { ...process.env, TAP_TIMEOUT: String(TIMEOUT_MS / 1000) },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({
        file,
        output,
        isOk: code === 0,
        how: signal ?? `exit code ${code}`,
        ms: Date.now() - startedMs,
      })
    })
  })
}

const totals = { passed: 0, failed: 0, skipped: 0 }
const queue = roots.flatMap((root) => testFiles(join(top, root)))
const count = queue.length

/** A test is one `test(…)` of a file: a line of TAP that is not indented. A file that dies otherwise counts as one failure. */
function report({ file, output, isOk, how, ms }) {
  let failed = 0
  for (const line of output.split('\n')) {
    if (/^ok .*# SKIP/i.test(line)) totals.skipped += 1
    else if (/^ok /.test(line)) totals.passed += 1
    else if (/^not ok /.test(line)) failed += 1
  }
  if (!isOk && failed === 0) failed = 1
  totals.failed += failed
  console.log(
    `${isOk ? 'ok  ' : 'FAIL'} ${relative(join(top, 'dist/test'), file)} ${(ms / 1000).toFixed(1)} s`,
  )
  for (const line of output.split('\n'))
    if (/^ok .*# SKIP/i.test(line)) console.log(`       ${line.slice(3)}`)
  if (!isOk) console.log(`${failures(output)}\n${file}: ${how}`)
}

async function work() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(await run(file))
}

await Promise.all(Array.from({ length: JOBS }, work))
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)
process.exitCode = totals.failed > 0 || count === 0 ? 1 : 0

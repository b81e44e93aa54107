#!/usr/bin/env node
// What npm links as `git-flor`; scripts/bundle.mjs copies it beside main.js and log.js and fills the build's digest in.
//
// Compiling these takes longer than most commands do. Node 22 and later keep compiled code by themselves; for Node 20 this does the
// same with the same means (vm.Script's cachedData): 26 of 155 ms for `git flor log`. One file for each frequent command, since only
// functions that were called are in it. V8 compares no more than the length of the source, hence the digest in the name.
// Everything down to the check of the version is written so that a Node of ten years ago reads it.
const BUILD = '__BUILD__'
const FREQUENT = ['log', 'show', 'seal', 'hook', 'run', 'complete']
/** Files of other builds and commands that are left alone when one is written. */
const KEPT = 12

/** package.json says the same; npm only warns of it. */
const OLDEST = [20, 19]

const version = process.versions.node.split('.').map(Number)
if (version[0] < OLDEST[0] || (version[0] === OLDEST[0] && version[1] < OLDEST[1])) {
  process.stderr.write(
    'fatal: git-flor needs Node ' +
      OLDEST.join('.') +
      ' or newer, and this is ' +
      process.version +
      '\n' +
      'hint: ' +
      process.execPath +
      ' is the first `node` on your PATH; install a newer one, or put one in front\n',
  )
  process.exit(128)
}

const { createRequire, enableCompileCache, wrap } = require('node:module')
const { join } = require('node:path')

const command = process.argv[2]
// What is typed most often is read from a file of its own.
const file = join(__dirname, command === 'log' ? 'log.js' : 'main.js')
const rest = process.argv.slice(3)
// The plain list has a file of its own: what queries and tables call is three times as much, and help almost nothing. Lists and tables do not call the same.
const isPlain = rest.every((arg) => /^(?:-n)?\d*$|^--oneline$/.test(arg))
const isTable = rest.length > 0 && !rest[0].startsWith('-')
const use = command === 'log' && !isPlain ? (isTable ? 'log-table' : 'log-query') : command
const isHelp = rest.some((arg) => arg === '-h' || arg === '--help')
if (enableCompileCache !== undefined) {
  enableCompileCache()
  require(file)
} else if (FREQUENT.includes(command) && !isHelp && process.env.NODE_DISABLE_COMPILE_CACHE !== '1') {
  runCached()
} else {
  require(file)
}

function runCached() {
  const fs = require('node:fs')
  const { Script } = require('node:vm')
  const folder = join(process.env.XDG_CACHE_HOME || join(require('node:os').homedir(), '.cache'), 'git-flor')
  const path = join(folder, `${BUILD}-${process.version}-${process.arch}-${use}.bin`)
  let cachedData
  try {
    cachedData = fs.readFileSync(path)
  } catch {
    // Not there yet.
  }
  // They are ASCII, as esbuild writes it: latin1 is read fastest.
  const source = wrap(fs.readFileSync(file, 'latin1'))
  const script = new Script(source, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) })
  const main = { exports: {} }
  if (cachedData === undefined || script.cachedDataRejected) {
    process.on('exit', () => {
      try {
        keep(fs, folder, path, script.createCachedData())
      } catch {
        // A home folder that cannot be written costs time, nothing else.
      }
    })
  }
  script.runInThisContext().call(main.exports, main.exports, createRequire(file), main, file, __dirname)
}

/** Written under another name and renamed: nobody reads half a file. */
function keep(fs, folder, path, data) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const others = fs.readdirSync(folder).map((name) => {
    const full = join(folder, name)
    return { full, mtimeMs: fs.statSync(full).mtimeMs }
  })
  others.sort((a, b) => b.mtimeMs - a.mtimeMs)
  for (const { full } of others.slice(KEPT)) fs.rmSync(full, { force: true })
  const temporary = `${path}.${process.pid}`
  fs.writeFileSync(temporary, data, { mode: 0o600 })
  fs.renameSync(temporary, path)
}

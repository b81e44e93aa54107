// Builds everything: the predicate parser (peggy), the library and tests (tsc), and the command (esbuild).
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const outIndex = process.argv.indexOf('--outDir')
const out = outIndex === -1 ? join(top, 'dist') : join(top, process.argv[outIndex + 1])
const require = createRequire(import.meta.url)

mkdirSync(out, { recursive: true })

const grammar = join(top, 'lib/query/predicate.peggy')
if (existsSync(grammar)) {
  const { default: peggy } = await import('peggy')
  const source = peggy.generate(readFileSync(grammar, 'utf8'), {
    output: 'source',
    format: 'es',
    grammarSource: 'predicate.peggy',
    allowedStartRules: ['*'],
  })
  mkdirSync(join(out, 'lib/query'), { recursive: true })
  writeFileSync(join(out, 'lib/query/predicate-grammar.js'), source)
}

execFileSync(
  process.execPath,
  [
    require.resolve('typescript/bin/tsc'),
    '-p',
    top,
    '--outDir',
    out,
    '--incremental',
    '--tsBuildInfoFile',
    join(out, '.tsbuildinfo'),
  ],
  { stdio: 'inherit', cwd: top },
)

for (const folder of ['test', 'examples']) {
  // Fixtures and example scripts are data: copied as they are.
  if (!existsSync(join(top, folder))) continue
  cpSync(join(top, folder), join(out, folder), {
    recursive: true,
    filter: (path) => !/\.ts$/.test(path) || /[\\/]fixtures[\\/]/.test(path),
  })
}

// Importing the runtime costs a training script a third of the time when it is one file (two, since integrations share its session)
// instead of seventy.
const { build } = await import('esbuild')
const bundled = {
  outdir: join(out, 'lib/runtime'),
  outbase: join(top, 'lib/runtime'),
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
}
await build({
  ...bundled,
  entryPoints: [join(top, 'lib/runtime/index.ts'), join(top, 'lib/runtime/tfjs/index.ts')],
  splitting: true,
  chunkNames: 'shared',
})
// The same for the thread that writes checkpoints, which each run with a main loop starts. It shares nothing with them.
await build({ ...bundled, entryPoints: [join(top, 'lib/runtime/checkpoint/checkpoint-thread.ts')] })

const entry = join(top, 'bin/git-flor.ts')
if (existsSync(entry)) {
  const { buildCommand } = await import('./bundle.mjs')
  await buildCommand({ top, out })
}

const { buildManual } = await import('./manual.mjs')
await buildManual({ top, out })

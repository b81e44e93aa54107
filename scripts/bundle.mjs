// Bundles the command. Measured on Node 20: the CommonJS loader starts 5 ms sooner than the ES module loader, and one file whose modules
// are initialised when first used loads 15 ms faster than the same code in 33 chunks. Libraries that few commands need lie beside it, each
// read when first used.
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)

/** Files of `<out>/command/vendor/`, and the packages in each: they share what they have in common. */
const VENDOR = {
  'isomorphic-git': ['isomorphic-git'],
  parquet: ['hyparquet-writer'],
  javascript: ['@babel/parser', '@babel/traverse', '@babel/types', 'recast'],
}

/** Reads the packages of {@link VENDOR} from their files, at the first use of each. */
const vendored = {
  name: 'vendored',
  setup(api) {
    for (const [file, packages] of Object.entries(VENDOR)) {
      for (const name of packages) {
        api.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({
          path: name,
          namespace: `vendor-${file}`,
        }))
      }
      api.onLoad({ filter: /.*/, namespace: `vendor-${file}` }, ({ path }) => ({
        contents: `module.exports = florRequire('./vendor/${file}.js')[${JSON.stringify(path)}]`,
        loader: 'js',
      }))
    }
  },
}

/**
 * Makes Intl.Segmenter, which takes 20 ms to construct, wait until a text really needs it: string-width builds it at import.
 */
const lazySegmenter = {
  name: 'lazy-segmenter',
  setup(api) {
    api.onLoad({ filter: /[\\/]string-width[\\/]index\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const eager = 'const segmenter = new Intl.Segmenter();'
      if (!source.includes(eager))
        throw new Error(`${path} no longer builds its segmenter at import: drop this plugin`)
      const lazy =
        'let built; const segmenter = { segment: (text) => (built ??= new Intl.Segmenter()).segment(text) };'
      return { contents: source.replace(eager, lazy), loader: 'js' }
    })
  },
}

/**
 * Bundles level's JavaScript, which saves 18 ms, and lets it find its native binary at run time, in the package as npm installed it:
 * classic-level is a dependency of level, so it is looked up from there (package managers that do not hoist put it out
 * of our own sight). `import('level')` of a bundled CommonJS module would have no named exports: a module of ours gives it one.
 */
const nativeBinary = {
  name: 'native-binary',
  setup(api) {
    api.onResolve({ filter: /^level$/ }, ({ path }) => ({ path, namespace: 'level' }))
    api.onLoad({ filter: /.*/, namespace: 'level' }, () => ({
      contents: `export { ClassicLevel as Level } from 'classic-level'`,
      resolveDir: dirname(require.resolve('level/package.json')),
      loader: 'js',
    }))
    api.onLoad({ filter: /[\\/]classic-level[\\/]binding\.js$/ }, () => ({
      contents: `
        const { createRequire } = require('node:module')
        const { dirname } = require('node:path')
        const fromLevel = createRequire(florRequire.resolve('level/package.json'))
        module.exports = require('node-gyp-build')(dirname(fromLevel.resolve('classic-level/package.json')))`,
      loader: 'js',
    }))
  },
}

/** Modules of node that take milliseconds to load and that few commands come to use, with the functions that we call. */
const SELDOM = {
  'node:crypto': ['createHash', 'randomBytes'],
  'node:readline': ['createInterface'],
}

/** Loads the modules of {@link SELDOM} when a function of theirs is called. */
const seldomUsed = {
  name: 'seldom-used',
  setup(api) {
    api.onResolve({ filter: new RegExp(`^(?:${Object.keys(SELDOM).join('|')})$`) }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'seldom-used' } : undefined,
    )
    api.onLoad({ filter: /.*/, namespace: 'seldom-used' }, ({ path }) => ({
      contents: SELDOM[path]
        .map((name) => `export const ${name} = (...args) => florRequire('${path}').${name}(...args)`)
        .join('\n'),
      loader: 'js',
    }))
  },
}

/** Leaves out all commands but one: for a file of its own, which that command alone is read from. */
const onlyCommand = (name) => ({
  name: 'only-command',
  setup(api) {
    api.onResolve({ filter: /^\.\/[a-z-]+\.js$/ }, ({ path, kind, importer }) => {
      const isCommand = kind === 'dynamic-import' && /[\\/]cli[\\/]commands[\\/]index\.js$/.test(importer)
      return isCommand && path !== `./${name}.js` ? { path, namespace: 'other-command' } : undefined
    })
    api.onLoad({ filter: /.*/, namespace: 'other-command' }, ({ path }) => ({
      contents: `throw new Error('${path} is not in the file of ${name}')`,
      loader: 'js',
    }))
  },
})

/** What the bundled modules use of CommonJS: `require` under a name that esbuild does not look through, and the file's address. */
const banner = `'use strict'
const florRequire = require
const florModuleUrl = require('node:url').pathToFileURL(__filename).href`

/**
 * Writes `<out>/command/`: `git-flor.js` (executable), `main.js`, `log.js` (`git flor log` alone, a third of the size), `vendor/`.
 * @param {{ top: string, out: string, metafile?: boolean }} options `top`: the project; `out`: the build's folder
 * @returns {Promise<import('esbuild').BuildResult>} of `main.js`
 */
export async function buildCommand({ top, out, metafile = false }) {
  const outdir = join(out, 'command')
  mkdirSync(outdir, { recursive: true })
  writeFileSync(join(outdir, 'package.json'), '{ "type": "commonjs" }\n')
  const shared = {
    absWorkingDir: top,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // bin/launch.cjs compiles the files, and code that is compiled so can import nothing by itself: `import('node:fs')` becomes a require.
    supported: { 'dynamic-import': false },
    charset: 'ascii',
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    legalComments: 'none',
    logLevel: 'warning',
  }
  for (const [file, packages] of Object.entries(VENDOR)) {
    const contents = packages.map((name) => `exports['${name}'] = require('${name}')`).join('\n')
    await build({
      ...shared,
      stdin: { contents, resolveDir: top, sourcefile: `${file}.js` },
      outfile: join(outdir, 'vendor', `${file}.js`),
    })
  }
  const digest = createHash('sha256')
  const bundle = async (file, plugins) => {
    const result = await build({
      ...shared,
      // The compiled files, not the sources: the generated predicate parser lies among them.
      entryPoints: [join(out, 'bin/git-flor.js')],
      outfile: join(outdir, file),
      define: { 'import.meta.url': 'florModuleUrl' },
      banner: { js: banner },
      plugins: [...plugins, vendored, seldomUsed, lazySegmenter, nativeBinary],
      metafile,
    })
    const source = asciiOnly(readFileSync(join(outdir, file), 'utf8'))
    writeFileSync(join(outdir, file), source)
    digest.update(source)
    return result
  }
  const result = await bundle('main.js', [])
  await bundle('log.js', [onlyCommand('log')])
  const launch = readFileSync(join(top, 'bin/launch.cjs'), 'utf8').replace(
    '__BUILD__',
    digest.digest('hex').slice(0, 20),
  )
  writeFileSync(join(outdir, 'git-flor.js'), launch)
  chmodSync(join(outdir, 'git-flor.js'), 0o755)
  return result
}

/** esbuild escapes what is not ASCII everywhere but in regular expressions; there the same escape means the same. */
function asciiOnly(source) {
  return source.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

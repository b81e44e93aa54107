// Bundles the command: one small entry and a lazily loaded chunk for each command and each heavy library.
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

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

/** yargs only reads options here, `-h` is our own: what it would lay help out with stays behind, and 10 ms with it. */
const yargsWithoutHelp = {
  name: 'yargs-without-help',
  setup(api) {
    const unused = `export default () => { throw new Error('yargs lays out no help in this bundle') }`
    api.onResolve({ filter: /^(?:cliui|string-width)$/ }, ({ path, importer }) =>
      /[\\/]yargs[\\/]/.test(importer) ? { path, namespace: 'unused' } : undefined,
    )
    api.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: unused, loader: 'js' }))
  },
}

/**
 * Lets the bundled classic-level find its native binary at run time, in the package as npm installed it: classic-level is a dependency of
 * level, so it is looked up from there (package managers that do not hoist put it out of our own sight).
 */
const nativeBinary = {
  name: 'native-binary',
  setup(api) {
    api.onLoad({ filter: /[\\/]classic-level[\\/]binding\.js$/ }, () => ({
      contents: `
        const { createRequire } = require('node:module')
        const { dirname } = require('node:path')
        const fromHere = createRequire(florModuleUrl)
        const fromLevel = createRequire(fromHere.resolve('level/package.json'))
        module.exports = require('node-gyp-build')(dirname(fromLevel.resolve('classic-level/package.json')))`,
      loader: 'js',
    }))
  },
}

/** Bundled CommonJS modules call `require` for Node's own modules; ES modules have none. */
const banner = `import { createRequire as florCreateRequire } from 'node:module'
const florModuleUrl = import.meta.url
const require = florCreateRequire(florModuleUrl)`

/**
 * Writes `<out>/command/git-flor.js` (executable) and its chunks.
 * @param {{ top: string, out: string, metafile?: boolean }} options `top`: the project; `out`: the build's folder
 * @returns esbuild's result
 */
export async function buildCommand({ top, out, metafile = false }) {
  const outdir = join(out, 'command')
  rmSync(outdir, { recursive: true, force: true })
  const result = await build({
    absWorkingDir: top,
    // The compiled files, not the sources: the generated predicate parser lies among them.
    entryPoints: [join(out, 'bin/git-flor.js')],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: banner },
    plugins: [lazySegmenter, yargsWithoutHelp, nativeBinary],
    logLevel: 'warning',
    metafile,
  })
  chmodSync(join(outdir, 'git-flor.js'), 0o755)
  return result
}

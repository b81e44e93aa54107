import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'

const top = findTop(dirname(fileURLToPath(import.meta.url)))

/** The layers that docs/architecture.md describes, lowest first: a file imports from its own layer and from lower ones. */
const LAYERS = [
  'model',
  'git',
  'segment',
  'capture',
  'runtime',
  'db',
  'query',
  'propagate',
  'replay',
  'repository',
  'cli',
]

function findTop(folder: string): string {
  return existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'lib'))
    ? folder
    : findTop(dirname(folder))
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

interface Import {
  readonly file: string
  readonly specifier: string
  readonly isTypeOnly: boolean
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8')
  const found = text.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s)?[^'"`;()]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import '([^']+)'/g,
  )
  return [...found].map((match) => ({
    file: relative(top, path),
    specifier: match[3] ?? match[4] ?? match[5] ?? '',
    isTypeOnly: match[2] !== undefined,
  }))
}

const layerOf = (path: string): string | undefined => /^lib\/([^/]+)\//.exec(path)?.[1]

const libraryImports = sources(join(top, 'lib')).flatMap(importsOf)

test('imports go down the layers only', async (t) => {
  t.ok(libraryImports.length > 100, 'imports are found')
  for (const { file, specifier } of libraryImports.filter((it) => it.specifier.startsWith('.'))) {
    const target = relative(top, join(top, dirname(file), specifier))
    const [from, to] = [layerOf(file), layerOf(target)]
    const isDown =
      from !== undefined &&
      to !== undefined &&
      LAYERS.indexOf(to) <= LAYERS.indexOf(from) &&
      LAYERS.includes(to)
    if (!isDown) t.fail(`${file} imports ${target}`)
  }
})

test('the runtime loads no command line, index, isomorphic-git or syntax tree library', async (t) => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const { specifier, isTypeOnly } of importsOf(path)) {
      if (isTypeOnly) continue
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier.replace(/\.js$/, '.ts')))
      else if (!specifier.startsWith('node:')) packages.add(specifier)
    }
  }
  visit(join(top, 'lib/runtime/index.ts'))
  visit(join(top, 'lib/runtime/tfjs/index.ts'))
  t.ok(seen.has(join(top, 'lib/runtime/tfjs/fit.ts')), 'and its integrations')
  t.ok(seen.size > 10, 'the runtime is found')
  t.strictSame([...packages].sort(), ['@msgpack/msgpack'])
  const layers = new Set([...seen].map((path) => layerOf(relative(top, path))))
  t.strictSame([...layers].sort(), ['git', 'model', 'runtime', 'segment'])
})

test('documents name files that exist', async (t) => {
  const documents = [
    'README.md',
    ...readdirSync(join(top, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
  let named = 0
  for (const document of documents) {
    const text = readFileSync(join(top, document), 'utf8')
    for (const [, path] of text.matchAll(/`((?:lib|bin|hooks|test|scripts|examples|docs)\/[\w./-]*)`/g)) {
      named++
      if (!existsSync(join(top, path as string))) t.fail(`${document} names ${path}, which does not exist`)
    }
    for (const [, link] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      named++
      if (!existsSync(join(top, dirname(document), link as string)))
        t.fail(`${document} links to ${link}, which does not exist`)
    }
  }
  t.ok(named > 0, 'documents name files')
})

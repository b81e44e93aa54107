import { posix } from 'node:path'
import { compareCached } from './comparison-cache.js'
import { exportedName, findOrigin, followImport, moduleFile, type Origin, reaches } from './exported-names.js'
import { formatImported } from './imports.js'
import { getLanguage, languageOf } from './language.js'
import type { Link, Links } from './links.js'
import { type ProjectPair, type SourceVersion, treeAt } from './project.js'
import type { Binding, ImportedName, SyntaxTree } from './syntax.js'
import { lineAt } from './syntax.js'

/** How like a declaration in one file must be to that in another, between 0 and 1. */
const likeEnough = 0.4

/**
 * Links of one new file into one old file. A name is followed to the new file that declares it, from there to the old file
 * that holds the counterpart of the declaration, and from there to the old file in question.
 */
export class ProjectLinks implements Links {
  /** Whether an answer depended on more than the two files. */
  isConsulted = false
  readonly #known = new Map<Binding, Link | undefined>()

  constructor(
    private readonly pair: ProjectPair,
    private readonly newer: SyntaxTree,
    private readonly older: SyntaxTree,
  ) {}

  find(binding: Binding): Link | undefined {
    if (!this.#known.has(binding)) this.#known.set(binding, this.#find(binding))
    return this.#known.get(binding)
  }

  #find(binding: Binding): Link | undefined {
    const { imported } = binding
    const { path } = this.newer.source
    if (imported === undefined) {
      if (binding.block !== this.newer.program || this.pair.changed.length === 0) return undefined
      this.isConsulted = true
      const home = this.#moved({ path, exported: binding.name, binding, isFound: true })
      return home === undefined ? undefined : this.#linkTo(home, binding.name, './module.js')
    }
    if (!getLanguage(path).isRelative(imported.module) || this.#isWrittenAlike(imported)) return undefined
    this.isConsulted = true
    const origin = importOf(this.pair.newer, path, imported)
    const isBeside = posix.dirname(path) === posix.dirname(this.older.source.path)
    if (origin === undefined) {
      const message = `${imported.module} is no file of the repository, seen from ${path}`
      return isBeside ? undefined : { kind: 'none', message }
    }
    const home = this.#home(origin)
    if (home !== undefined) return this.#linkTo(home, binding.name, imported.module)
    const exported = formatImported({ module: origin.path, imported: origin.exported })
    const message = `${exported} has no counterpart in the old version`
    return { kind: 'none', message }
  }

  /** In the file's own counterpart beside it, the same import is the same thing: no other file need be read. */
  #isWrittenAlike(imported: ImportedName): boolean {
    const { path } = this.newer.source
    const older = this.older.source.path
    if (posix.dirname(path) !== posix.dirname(older) || this.pair.counterpart(path) !== older) return false
    return this.older.bindings.some(
      (other) => other.imported?.module === imported.module && other.imported.imported === imported.imported,
    )
  }

  /** Where the old version declares what `origin` became: in the file's counterpart, else where its code stood. */
  #home(origin: Origin): Origin | undefined {
    const counterpart = this.pair.counterpart(origin.path)
    if (counterpart !== undefined) {
      if (languageOf(counterpart) === undefined) return { ...origin, path: counterpart }
      const found = findOrigin(this.pair.older, counterpart, origin.exported)
      if (found?.isFound) return found
    }
    return this.#moved(origin)
  }

  /** The one old file, among those that code may have left, that holds the counterpart of a declaration. */
  #moved({ path, binding, exported }: Origin): Origin | undefined {
    const tree = treeAt(this.pair.newer, path)
    if (binding?.declaredIn === undefined || tree === undefined) return undefined
    const homes = new Map<string, Origin>()
    for (const candidate of new Set([this.older.source.path, ...this.pair.changed])) {
      // What the file itself has in the old file was compared already.
      const isCompared = path === this.newer.source.path && candidate === this.older.source.path
      if (isCompared || languageOf(candidate) !== languageOf(path)) continue
      // Of a name that is nowhere written there, no counterpart is looked for: renamed declarations are not followed.
      if (!this.pair.older.read(candidate)?.includes(binding.name)) continue
      const other = treeAt(this.pair.older, candidate)
      const image = other && counterpartOf(tree, binding, other)
      if (other === undefined || image === undefined || this.#stayed(candidate, other, image, path)) continue
      homes.set(candidate, { path: candidate, exported, binding: image, isFound: true })
    }
    return homes.size === 1 ? [...homes.values()][0] : undefined
  }

  /** Whether the file's own successor still declares what `image` declares: then it did not move to `path`. */
  #stayed(candidate: string, older: SyntaxTree, image: Binding, path: string): boolean {
    const successor = this.pair.successor(candidate)
    if (successor === undefined || successor === path) return false
    const tree = treeAt(this.pair.newer, successor)
    return tree?.bindings.some((one) => one.declaredIn && counterpartOf(tree, one, older) === image) ?? false
  }

  #linkTo(home: Origin, name: string, like: string): Link {
    const { path } = this.older.source
    if (home.path === path) {
      // It may come from another parse of the file: the name tells it.
      const own = this.older.bindings.find(
        (one) => one.block === this.older.program && one.name === home.binding?.name,
      )
      return own === undefined
        ? { kind: 'none', message: `${path} has \`${name}\` under no name` }
        : { kind: 'binding', binding: own }
    }
    const there = this.older.bindings.find((one) => {
      if (one.imported === undefined) return false
      const origin = importOf(this.pair.older, path, one.imported)
      return origin !== undefined && isSame(origin, home)
    })
    if (there !== undefined) return { kind: 'binding', binding: there }
    const tree = treeAt(this.pair.older, home.path)
    const exported = home.binding && tree ? exportedName(tree, home.binding) : home.exported
    if (exported === undefined) {
      const line = tree && home.binding ? `:${lineAt(tree.lineStarts, home.binding.start)}` : ''
      return {
        kind: 'none',
        message: `\`${name}\` is declared at ${home.path}${line}, which does not export it`,
      }
    }
    if (reaches(this.pair.older, home.path, path)) {
      const message = `\`${name}\` is declared in ${home.path}, which itself imports ${path}`
      return { kind: 'none', message }
    }
    const isSeen = moduleFile(this.pair.older, path, like) === home.path
    if (!isSeen && languageOf(home.path) === undefined) {
      // What else the import says of such a file (`with { type: 'json' }`) is not carried to another name of it.
      return { kind: 'none', message: `${home.path} is called otherwise from ${path}` }
    }
    const module = isSeen ? like : getLanguage(path).formatModule(path, home.path, like)
    return { kind: 'import', name: { module, imported: exported } }
  }
}

/** {@link followImport}, and files that are no program (`./data.json`). */
function importOf(version: SourceVersion, from: string, name: ImportedName): Origin | undefined {
  const origin = followImport(version, from, name)
  if (origin !== undefined || !getLanguage(from).isRelative(name.module)) return origin
  const file = moduleFile(version, from, name.module)
  if (file === undefined || languageOf(file) !== undefined) return undefined
  return { path: file, exported: name.imported, isFound: true }
}

function isSame(a: Origin, b: Origin): boolean {
  if (a.path !== b.path) return false
  return a.binding && b.binding ? a.binding.start === b.binding.start : a.exported === b.exported
}

/** What `older` declares at its top where `newer` declares `binding`, the two declarations being counterparts. */
function counterpartOf(newer: SyntaxTree, binding: Binding, older: SyntaxTree): Binding | undefined {
  const { declaredIn } = binding
  if (declaredIn === undefined || binding.block !== newer.program || binding.imported) return undefined
  if (!older.bindings.some((one) => one.block === older.program && one.name === binding.name))
    return undefined
  const { names, pairing, similarity } = compareCached(newer, older, new Set())
  const image = names.bindings.get(binding)
  if (image?.declaredIn === undefined || image.block !== older.program || image.imported) return undefined
  if (pairing.image(declaredIn) !== image.declaredIn) return undefined
  // Within a file a name is good evidence; two files may well have functions of one name that do different things.
  const isBlock = declaredIn.blocks.length > 0 && image.declaredIn.blocks.length > 0
  const likeness = isBlock
    ? similarity.contents(declaredIn, image.declaredIn)
    : similarity.heads(declaredIn, image.declaredIn)
  return likeness >= likeEnough ? image : undefined
}

import { getLanguage } from './language.js'
import { type SourceVersion, treeAt } from './project.js'
import type { Binding, ImportedName, SyntaxTree } from './syntax.js'

/** Where something that a file exports is declared. */
export interface Origin {
  readonly path: string
  /** As the file at `path` exports it; `*` for the module itself. */
  readonly exported: string
  /** Absent for the module itself, and for a value without a name. */
  readonly binding?: Binding
  /** False when nothing at `path` says that it exports this. */
  readonly isFound: boolean
}

/** The file that a relative module's name means in the file `from`; undefined when the version has none. */
export function moduleFile(version: SourceVersion, from: string, module: string): string | undefined {
  return getLanguage(from)
    .moduleFiles(from, module)
    .find((path) => version.has(path))
}

/**
 * Follows an exported name through the files that pass it on, to the one that declares it. Undefined when it ends outside
 * of the project, or in a file that cannot be read.
 */
export function findOrigin(
  version: SourceVersion,
  path: string,
  exported: string,
  seen: ReadonlySet<string> = new Set(),
): Origin | undefined {
  const key = `${path}\0${exported}`
  const tree = treeAt(version, path)
  if (seen.has(key) || tree === undefined) return undefined
  if (exported === '*') return { path, exported, isFound: true }
  const visited = new Set(seen).add(key)
  const { names, starred, isComplete } = getLanguage(path).exportsOf(tree)
  const value = names.get(exported)
  const passedOn = value === undefined || 'module' in value ? value : value.imported
  if (passedOn !== undefined) return followImport(version, path, passedOn, visited)
  if (names.has(exported)) {
    return { path, exported, isFound: true, ...(value === undefined ? {} : { binding: value as Binding }) }
  }
  for (const module of starred) {
    const found = followImport(version, path, { module, imported: exported }, visited)
    if (found?.isFound) return found
  }
  return { path, exported, isFound: !isComplete }
}

/** {@link findOrigin} of what the file `from` imports; undefined also for what is no file of the project. */
export function followImport(
  version: SourceVersion,
  from: string,
  { module, imported }: ImportedName,
  seen?: ReadonlySet<string>,
): Origin | undefined {
  if (!getLanguage(from).isRelative(module)) return undefined
  const file = moduleFile(version, from, module)
  return file === undefined ? undefined : findOrigin(version, file, imported, seen)
}

/** The name under which a file exports what it declares as `binding`. */
export function exportedName(tree: SyntaxTree, binding: Binding): string | undefined {
  for (const [name, value] of getLanguage(tree.source.path).exportsOf(tree).names)
    if (value === binding) return name
  return undefined
}

/** Whether loading the file `from` loads the file `to`, as far as imports at the head of files tell. */
export function reaches(version: SourceVersion, from: string, to: string): boolean {
  const open = [from]
  const seen = new Set(open)
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (path === to) return true
    for (const module of modulesOf(treeAt(version, path))) {
      const file = moduleFile(version, path, module)
      if (file === undefined || seen.has(file)) continue
      seen.add(file)
      open.push(file)
    }
  }
  return false
}

function modulesOf(tree: SyntaxTree | undefined): string[] {
  if (tree === undefined) return []
  const language = getLanguage(tree.source.path)
  const { names, starred } = language.exportsOf(tree)
  const passedOn = [...names.values()].flatMap((value) => (value && 'module' in value ? value.module : []))
  const imported = tree.bindings.flatMap((binding) => binding.imported?.module ?? [])
  return [...new Set([...imported, ...passedOn, ...starred])].filter((module) => language.isRelative(module))
}

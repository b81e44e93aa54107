import { posix } from 'node:path'
import { type ParserOptions, parse } from '@babel/parser'
import babelTraverse, { type Binding, type NodePath } from '@babel/traverse'
import type * as t from '@babel/types'
import { FlorError } from '../../../model/errors.js'
import type { SourceProject } from '../../source-project.js'
import { AbstractObject, Cell } from './heap.js'

// The package is CommonJS: its default export sits one level deeper under Node than under its types.
const traverse =
  (babelTraverse as unknown as { default?: typeof babelTraverse.default }).default ?? babelTraverse.default

/** A call of an integration's function by the project. */
export interface IntegrationCall {
  readonly node: t.Node
  /** The call by which the function around it was entered; undefined where it stands in none. */
  readonly around: t.Node | undefined
  /** Whether it calls the function itself, rather than something that is given the function. */
  readonly isDirect: boolean
  /** Tells the calls apart. */
  readonly id: number
}

/** One parsed file of the project, its names resolved. */
export class Module {
  /** Exported names → cells; `*` sources are looked up on demand. */
  readonly exports = new Map<string, Cell>()
  readonly starSources: string[] = []
  /** `module` of a CommonJS file, with the field `exports`. */
  readonly record: AbstractObject
  readonly #bindings: ReadonlyMap<t.Node, Binding>
  readonly #cells = new Map<Binding, Cell>()
  readonly #variants = new Map<Binding, Cell[]>()

  constructor(
    readonly path: string,
    readonly text: string,
    readonly ast: t.File,
    bindings: ReadonlyMap<t.Node, Binding>,
    /** For an integration as one call executes it: that call. */
    readonly call?: IntegrationCall,
  ) {
    this.#bindings = bindings
    this.record = new AbstractObject('plain', ast)
    this.record.label = 'module'
    const exported = new AbstractObject('plain', ast.program)
    exported.label = 'exports'
    this.record.field('exports').objects.add(exported)
  }

  /** The same file once more, for one call of it. */
  of(call: IntegrationCall): Module {
    return parseModule(this.path, this.text, call)
  }

  /** The variable that an identifier stands for; undefined for globals. */
  bindingOf(identifier: t.Node): Binding | undefined {
    return this.#bindings.get(identifier)
  }

  /** Every variable that the walk met. */
  cells(): Cell[] {
    return [...this.#cells.values(), ...[...this.#variants.values()].flat()]
  }

  /** Adds a cell that a variable has in some calls of its function. */
  addVariant(binding: Binding, cell: Cell): void {
    this.#variants.set(binding, [...(this.#variants.get(binding) ?? []), cell])
  }

  /** All cells of a variable, of whichever calls. */
  cellsOf(binding: Binding): Cell[] {
    return [this.cellOf(binding), ...(this.#variants.get(binding) ?? [])]
  }

  /** Makes an imported name stand for the exporting module's variable. */
  alias(binding: Binding, cell: Cell): void {
    this.#cells.set(binding, cell)
  }

  cellOf(binding: Binding): Cell {
    let cell = this.#cells.get(binding)
    if (cell === undefined) {
      cell = new Cell(binding.identifier.name, binding)
      this.#cells.set(binding, cell)
    }
    return cell
  }
}

/** Parses a file. @throws FlorError SOURCE_SYNTAX, LANGUAGE_UNSUPPORTED */
export function parseModule(path: string, text: string, call?: IntegrationCall): Module {
  if (!/\.[cm]?[jt]sx?$/.test(path)) {
    throw new FlorError(`no language for ${path}`, { code: 'LANGUAGE_UNSUPPORTED', data: { path } })
  }
  const ast = parseText(path, text)
  const bindings = new Map<t.Node, Binding>()
  traverse(ast, {
    // They declare a parameter, which the package that resolves names does not know.
    TSParameterProperty(at: NodePath<t.TSParameterProperty>) {
      at.scope.registerBinding('param', at.get('parameter') as NodePath)
    },
    Identifier(at: NodePath<t.Identifier>) {
      const binding = at.scope.getBinding(at.node.name)
      if (binding !== undefined) bindings.set(at.node, binding)
    },
  })
  return new Module(path, text, ast, bindings, call)
}

function parseText(path: string, text: string): t.File {
  const plugins: ParserOptions['plugins'] = ['decorators', 'explicitResourceManagement']
  if (/\.[cm]?tsx?$/.test(path)) plugins.push('typescript')
  if (/\.[jt]sx$/.test(path)) plugins.push('jsx')
  try {
    return parse(text, {
      sourceType: path.endsWith('.cjs') || path.endsWith('.cts') ? 'script' : 'unambiguous',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      plugins,
    })
  } catch (cause) {
    const { loc } = cause as { loc?: { line: number; column: number } }
    throw new FlorError(`${path} does not parse`, {
      code: 'SOURCE_SYNTAX',
      data: { path, line: loc?.line, column: loc?.column },
      cause,
    })
  }
}

const endings = [
  '',
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.mts',
  '.cts',
  '.tsx',
  '.jsx',
  '/index.js',
  '/index.ts',
  '/index.mjs',
]

/** The project file that a specifier in `from` names; undefined for packages and files that do not exist. */
export function resolveSpecifier(
  project: SourceProject,
  from: string,
  specifier: string,
): string | undefined {
  if (!/^\.{0,2}\//.test(specifier)) return undefined
  const base = posix.normalize(posix.join(posix.dirname(from), specifier.replace(/[?#].*$/, '')))
  if (base.startsWith('..')) return undefined
  const candidates = endings.map((ending) => base + ending)
  // TypeScript imports its own files under the names they will be compiled to.
  const typed = /^(.*)\.([cm]?)js(x?)$/.exec(base)
  if (typed !== null) candidates.push(`${typed[1]}.${typed[2]}ts${typed[3]}`, `${typed[1]}.tsx`)
  return candidates.find((path) => /\.[cm]?[jt]sx?$/.test(path) && project.read(path) !== undefined)
}

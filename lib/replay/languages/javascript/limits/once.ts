import type * as t from '@babel/types'
import type { IntegrationCall, Module } from '../module.js'
import { isFunctionNode } from '../syntax.js'
import { isCall, memberName, type Placed, walk } from './walk.js'

/** Where the functions of a project are called from: whether a place is executed once in a run can be told. */
export class Places {
  readonly #around = new Map<t.Node, { readonly module: Module; readonly around: readonly t.Node[] }>()
  /** References to each variable, by the node that declares it; through imports, too. */
  readonly #references = new Map<t.Node, t.Node[]>()

  readonly #methods = new Map<string, t.Node[]>()

  constructor(
    readonly modules: readonly Module[],
    /** Whether an expression gives tensors, or TensorFlow.js itself, and nothing else: their operations change nothing. */
    readonly isTensors: (module: Module, node: t.Node) => boolean,
  ) {
    for (const module of modules) {
      for (const { node, around } of walk(module.ast.program)) {
        this.#around.set(node, { module, around })
        const method = methodOf(node)
        if (method !== undefined)
          this.#methods.set(method.name, [...(this.#methods.get(method.name) ?? []), method.code])
      }
    }
    for (const module of modules) {
      for (const { node, around } of walk(module.ast.program)) {
        if (node.type !== 'Identifier' || !isReference({ node, around })) continue
        const declaration = this.declarationOf(module, node)
        if (declaration === undefined || declaration === node) continue
        const known = this.#references.get(declaration) ?? []
        this.#references.set(declaration, [...known, node])
      }
    }
  }

  aroundOf(node: t.Node): readonly t.Node[] {
    return this.#around.get(node)?.around ?? []
  }

  moduleOf(node: t.Node): Module | undefined {
    return this.#around.get(node)?.module
  }

  /** The identifier that declares a variable, in the file that exports it where it is imported under its own name. */
  declarationOf(module: Module, identifier: t.Identifier): t.Identifier | undefined {
    const binding = module.bindingOf(identifier)
    if (binding === undefined) return undefined
    const node = binding.path.node
    if (node.type !== 'ImportSpecifier' || node.imported.type !== 'Identifier') return binding.identifier
    const { name } = node.imported
    const declared = this.modules
      .filter((it) => it !== module && it.call === undefined)
      .flatMap((it) => it.ast.program.body)
      .flatMap((it) =>
        it.type === 'ExportNamedDeclaration' && it.declaration ? namesOf(it.declaration) : [],
      )
      .filter((it) => it.name === name)
    return declared.length === 1 ? declared[0] : binding.identifier
  }

  /** The methods, and functions in properties and fields, that the project defines under a name. */
  functionsNamed(name: string): readonly t.Node[] {
    return this.#methods.get(name) ?? []
  }

  /** Whether a node is executed at most once in the iterations of flor loops around it, and nothing takes turns with it: in no other loop or callback, and in functions that are called from one such place only. */
  isOnce(node: t.Node): boolean {
    return this.#isOnce(node, isFlorLoop, new Set())
  }

  /**
   * Whether a node is executed at most once in the iterations of flor loops around it, by the only call (or any other) of the function that it stands in:
   * `around` being that call, where it is one of several.
   */
  isOnceBy({ node, around, isDirect }: IntegrationCall): boolean {
    if (!isDirect) return false
    for (const outer of this.aroundOf(node)) {
      if ((isLoop(outer) && !isFlorLoop(outer)) || isGathering(outer)) return false
      if (isFunctionNode(outer))
        return around !== undefined && this.#isCallOf(outer, around) ? this.isOnce(around) : this.isOnce(node)
    }
    return true
  }

  /** Whether a node is executed in each iteration of the flor loops around it that is not left before: under no condition, in no other loop or callback. */
  isInAnyCase({ node, around }: Pick<IntegrationCall, 'node' | 'around'>): boolean {
    for (const [i, outer] of this.aroundOf(node).entries()) {
      if (CONDITIONS.test(outer.type) || (isLoop(outer) && !isFlorLoop(outer))) return false
      if (!isFunctionNode(outer)) continue
      const [parent] = this.aroundOf(node).slice(i + 1)
      const isCalledHere = parent?.type === 'CallExpression' && parent.callee === outer
      const isByCall = around !== undefined && this.#isCallOf(outer, around)
      const call = isCalledHere ? parent : isByCall ? around : this.onlyCall(outer)
      return call !== undefined && call !== node && this.isInAnyCase({ node: call, around: undefined })
    }
    return true
  }

  #isCallOf(code: t.Node, call: t.Node): boolean {
    return this.callsOf(code).some((it) => it === call)
  }

  /** Whether a node is executed at most once in the whole run. */
  isOnceInRun(node: t.Node): boolean {
    return this.#isOnce(node, () => false, new Set())
  }

  #isOnce(node: t.Node, isAllowed: (loop: t.Node) => boolean, seen: ReadonlySet<t.Node>): boolean {
    for (const [i, outer] of this.aroundOf(node).entries()) {
      if ((isLoop(outer) && !isAllowed(outer)) || isGathering(outer)) return false
      if (isFunctionNode(outer)) {
        const inner = this.aroundOf(node).slice(i + 1)
        return !seen.has(outer) && this.#isCalledOnce(outer, inner, isAllowed, new Set([...seen, outer]))
      }
    }
    return true
  }

  /** The only call of a function, or instance of a class, where there is one and no other use of it. */
  onlyCall(code: t.Node): t.CallExpression | t.NewExpression | undefined {
    const name = this.#nameOf(code, this.aroundOf(code))
    const references = (name && this.#references.get(name)) ?? []
    const [only] = references
    const [parent] = only === undefined ? [] : this.aroundOf(only)
    const isCalled =
      (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee === only
    return references.length === 1 && isCalled ? parent : undefined
  }

  /** The calls of a function, or instances of a class, by its name. */
  callsOf(code: t.Node): readonly (t.CallExpression | t.NewExpression)[] {
    const name = this.#nameOf(code, this.aroundOf(code))
    return ((name && this.#references.get(name)) ?? []).flatMap((it) => {
      const [parent] = this.aroundOf(it)
      const isCalled =
        (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee === it
      return isCalled ? [parent] : []
    })
  }

  #isCalledOnce(
    code: t.Function,
    around: readonly t.Node[],
    isAllowed: (loop: t.Node) => boolean,
    seen: ReadonlySet<t.Node>,
  ): boolean {
    const [parent] = around
    // (async () => { … })()
    if (parent?.type === 'CallExpression' && parent.callee === code)
      return this.#isOnce(parent, isAllowed, seen)
    const call = this.onlyCall(code)
    return call !== undefined && this.#isOnce(call, isAllowed, seen)
  }

  #nameOf(code: t.Node, around: readonly t.Node[]): t.Identifier | undefined {
    if (code.type === 'FunctionDeclaration' || code.type === 'ClassDeclaration') return code.id ?? undefined
    const [parent] = around
    return parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier' ? parent.id : undefined
  }
}

/** What stands in these may be executed or not. */
const CONDITIONS =
  /^(?:If|Switch|Try|Labeled)Statement$|^(?:Conditional|Logical|OptionalCall|OptionalMember)Expression$|^AssignmentPattern$/

function methodOf(node: t.Node): { readonly name: string; readonly code: t.Node } | undefined {
  if (!('key' in node) || (node.key as t.Node).type !== 'Identifier') return undefined
  const { name } = node.key as t.Identifier
  if (node.type === 'ClassMethod' || node.type === 'ObjectMethod') return { name, code: node }
  const code = 'value' in node ? (node.value as t.Node | null | undefined) : undefined
  return code != null && isFunctionNode(code) ? { name, code } : undefined
}

function namesOf(declaration: t.Declaration): t.Identifier[] {
  if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
    return declaration.id ? [declaration.id] : []
  }
  if (declaration.type !== 'VariableDeclaration') return []
  return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id] : []))
}

function isReference({ node, around }: Placed): boolean {
  const [parent] = around
  if (parent === undefined || /^(?:Import|Export)/.test(parent.type)) return false
  if (memberName(parent) !== undefined && (parent as t.MemberExpression).property === node) return false
  return !((parent.type === 'ObjectProperty' || parent.type === 'ClassMethod') && parent.key === node)
}

function isLoop(node: t.Node): boolean {
  return /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/.test(node.type)
}

/** `Promise.all([train(one), train(other)])`: what stands in it takes turns. */
function isGathering(node: t.Node): boolean {
  return isCall(node) && /^(?:all|allSettled|any|race)$/.test(memberName(node.callee) ?? '')
}

/** `for (const … of flor.loop(…))`: its iterations are told apart. */
function isFlorLoop(node: t.Node): boolean {
  return node.type === 'ForOfStatement' && isCall(node.right) && memberName(node.right.callee) === 'loop'
}

import type * as t from '@babel/types'
import { isFunctionNode } from '../syntax.js'
import type { Limit } from './constructs.js'
import type { Places } from './once.js'
import { isCall, memberName, rootOf, walk } from './walk.js'

const CHAINING = /^(?:then|catch|finally)$/
/** Of TensorFlow.js: they train, or read, until what they return is fulfilled. */
const ASYNCHRONOUS_METHODS = /^(?:fit|fitDataset|trainOnBatch|evaluateDataset|forEachAsync|toArray)$/

/**
 * The first thing that goes on while the program goes on, too: a promise that is not awaited where it is made. What it changes, and when, the walk does not tell,
 * and iterations that are passed over do not start it.
 */
export function findLoosePromise(places: Places): Limit | undefined {
  const finder = new Finder(places)
  for (const module of places.modules) {
    for (const { node } of walk(module.ast.program)) {
      const what = finder.look(node)
      if (what !== undefined) return { what, path: module.path, line: node.loc?.start.line ?? 0 }
    }
  }
  return undefined
}

class Finder {
  readonly #promising = new Map<t.Node, boolean>()

  constructor(private readonly places: Places) {}

  look(node: t.Node): string | undefined {
    if (isCall(node)) {
      const timer = this.#timer(node)
      if (timer !== undefined) return timer
      if (!this.#isPromise(node) || this.#isAwaited(node)) return undefined
      return 'a promise that is not awaited where it is made'
    }
    const isLoose = this.#isArgument(node) && this.#isPromisingValue(node) && !this.#isAwaited(node)
    return isLoose ? 'an asynchronous callback that nobody is seen to wait for' : undefined
  }

  /** `new Promise((resolve) => setTimeout(resolve, ms))`: the only use of timers and of promises made by hand that is followed. */
  #timer(node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): string | undefined {
    const { callee } = node
    if (callee.type !== 'Identifier' || this.#bindingOf(callee) !== undefined) return undefined
    if (callee.name === 'Promise') return isSleep(node) ? undefined : 'a promise that is fulfilled by hand'
    if (!/^(?:setTimeout|setImmediate)$/.test(callee.name)) return undefined
    const waiting = this.places.aroundOf(node).find((it) => it.type === 'NewExpression')
    return waiting !== undefined && isSleep(waiting) ? undefined : 'a timer'
  }

  /** Whether a call gives a promise of something that the project does, or that changes its models. */
  #isPromise(node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): boolean {
    const { callee } = node
    if (callee.type === 'Identifier') {
      if (this.#bindingOf(callee) === undefined) return callee.name === 'Promise' || callee.name === 'fetch'
      const code = this.#codeOf(callee)
      return code !== undefined && this.#isPromising(code)
    }
    if (isFunctionNode(callee)) return this.#isPromising(callee)
    const name = memberName(callee)
    if (name === undefined) return false
    const root = rootOf(callee)
    if (root?.name === 'Promise' && this.#bindingOf(root) === undefined) return true
    return (
      CHAINING.test(name) ||
      ASYNCHRONOUS_METHODS.test(name) ||
      this.#methods(name).some((it) => this.#isPromising(it))
    )
  }

  #isPromising(code: t.Node): boolean {
    if (!isFunctionNode(code)) return false
    const known = this.#promising.get(code)
    if (known !== undefined) return known
    this.#promising.set(code, false)
    const isOwn = code.async === true && code.generator !== true
    const given = code.body.type === 'BlockStatement' ? returned(code.body) : [code.body]
    const answer = isOwn || given.some((it) => isCall(it) && this.#isPromise(it))
    this.#promising.set(code, answer)
    return answer
  }

  /** Whether what a node gives is waited for at once, or handed on to whoever called. */
  #isAwaited(node: t.Node): boolean {
    const isCallback = isFunctionNode(node) || node.type === 'Identifier'
    let inner = node
    for (const outer of this.places.aroundOf(node)) {
      if (outer.type === 'AwaitExpression' || outer.type === 'ReturnStatement') return true
      if (outer.type === 'YieldExpression') return this.#isInAsync(outer)
      if (outer.type === 'ForOfStatement') return outer.await && outer.right === inner
      if (outer.type === 'ArrowFunctionExpression' && outer.body === inner) return true
      if (outer.type === 'ExpressionStatement') return this.#isLast(outer)
      const isPassedOn =
        /^(?:Parenthesized|TS\w*|Conditional|Logical|Array|Member|OptionalMember)Expression$/.test(
          outer.type,
        ) ||
        outer.type === 'SpreadElement' ||
        (isCall(outer) && (outer.callee === inner || this.#gathers(outer) || isCallback))
      if (!isPassedOn) return false
      inner = outer
    }
    return false
  }

  /** An asynchronous generator waits for what it yields. */
  #isInAsync(node: t.Node): boolean {
    const code = this.places.aroundOf(node).find(isFunctionNode)
    return code !== undefined && isFunctionNode(code) && code.async === true
  }

  /** `Promise.all(…)`, and what makes lists for it. */
  #gathers(call: t.CallExpression | t.OptionalCallExpression | t.NewExpression): boolean {
    const name = memberName(call.callee)
    return name !== undefined && (/^(?:all|allSettled)$/.test(name) || CHAINING.test(name))
  }

  /** `main()` at the end of the script: nothing goes on beside it. */
  #isLast(statement: t.Node): boolean {
    const [program] = this.places.aroundOf(statement)
    if (program?.type !== 'Program') return false
    const after = program.body.slice(program.body.indexOf(statement as t.Statement) + 1)
    return after.every((it) => /^(?:Function|Class|TS\w*)Declaration$|^EmptyStatement$/.test(it.type))
  }

  #isPromisingValue(node: t.Node): boolean {
    const code = node.type === 'Identifier' ? this.#codeOf(node) : node
    return code !== undefined && this.#isPromising(code)
  }

  #isArgument(node: t.Node): boolean {
    const [parent] = this.places.aroundOf(node)
    return isCall(parent) && parent.callee !== node
  }

  #bindingOf(identifier: t.Identifier): unknown {
    return this.places.moduleOf(identifier)?.bindingOf(identifier)
  }

  #codeOf(identifier: t.Identifier): t.Node | undefined {
    const module = this.places.moduleOf(identifier)
    const declaration = module && this.places.declarationOf(module, identifier)
    const node = declaration && this.places.moduleOf(declaration)?.bindingOf(declaration)?.path.node
    const code = node?.type === 'VariableDeclarator' ? node.init : node
    return code ?? undefined
  }

  /** Every function of the project that is called by that name. */
  #methods(name: string): readonly t.Node[] {
    return this.places.functionsNamed(name)
  }
}

function returned(body: t.BlockStatement): t.Node[] {
  const found: t.Node[] = []
  for (const { node } of walk(body, (placed) => !isFunctionNode(placed.node))) {
    if (node.type === 'ReturnStatement' && node.argument) found.push(node.argument)
  }
  return found
}

function isSleep(node: t.Node): boolean {
  if (node.type !== 'NewExpression') return false
  const [executor] = node.arguments
  if (executor === undefined || !isFunctionNode(executor as t.Node)) return false
  const { params, body } = executor as t.Function
  const [resolve] = params
  const only = body.type === 'BlockStatement' && body.body.length === 1 ? body.body[0] : body
  const call = only?.type === 'ExpressionStatement' ? only.expression : only
  if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier' || resolve?.type !== 'Identifier')
    return false
  const [first] = call.arguments
  return (
    /^(?:setTimeout|setImmediate)$/.test(call.callee.name) &&
    first?.type === 'Identifier' &&
    first.name === resolve.name
  )
}

import type * as t from '@babel/types'
import { assign } from './assignment.js'
import { defineClass } from './classes.js'
import { evaluate, toPrimitive } from './expressions.js'
import { type Cell, derived, join, nothing, unite, type Value } from './heap.js'
import { iterate } from './iterate.js'
import { isLeft } from './jumps.js'
import { enterFlorLoop } from './loops.js'
import type { Machine } from './machine.js'
import { executeExport, executeImport } from './modules.js'
import { literalName } from './syntax.js'

/** Walks a list of statements in order; functions declared among them exist from the start. */
export function executeAll(machine: Machine, statements: readonly t.Statement[]): void {
  for (const statement of statements) hoist(machine, statement)
  for (const statement of statements) execute(machine, statement)
}

function hoist(machine: Machine, statement: t.Statement): void {
  const declaration =
    (statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration') &&
    statement.declaration
      ? statement.declaration
      : statement
  if (declaration.type !== 'FunctionDeclaration' || !declaration.id) return
  const binding = machine.module.bindingOf(declaration.id)
  if (binding !== undefined)
    machine.store(machine.cellOf(binding), evaluate(machine, declaration), declaration)
}

/** Walks one statement. */
export function execute(machine: Machine, node: t.Statement): void {
  machine.step()
  if (node === machine.wantedNode) {
    machine.statementVisits.push(machine.visit())
    const before = machine.isWanted
    machine.isWanted = true
    executeKind(machine, node)
    machine.isWanted = before
  } else executeKind(machine, node)
}

function executeKind(machine: Machine, node: t.Statement): void {
  switch (node.type) {
    case 'ExpressionStatement':
      evaluate(machine, node.expression)
      return
    case 'VariableDeclaration':
      for (const { id, init } of node.declarations) {
        const value = init ? evaluate(machine, init) : nothing
        if (init) assign(machine, id as t.LVal, value, node)
      }
      return
    case 'FunctionDeclaration':
    case 'EmptyStatement':
      return
    case 'ClassDeclaration': {
      const value = defineClass(machine, node)
      if (node.id) assign(machine, node.id, value, node)
      return
    }
    case 'BlockStatement':
      executeAll(machine, node.body)
      return
    case 'ReturnStatement': {
      const value = node.argument ? evaluate(machine, node.argument) : nothing
      const code = machine.frame.code
      if (code !== undefined) machine.store(code.result, value, node)
      return
    }
    case 'IfStatement': {
      const test = evaluate(machine, node.test)
      branch(machine, test.reads, node, () => {
        execute(machine, node.consequent)
        if (node.alternate) execute(machine, node.alternate)
      })
      return
    }
    case 'SwitchStatement':
      executeSwitch(machine, node)
      return
    case 'TryStatement':
      executeTry(machine, node)
      return
    case 'ThrowStatement':
      evaluate(machine, node.argument)
      machine.fails(nothing.reads, node)
      return
    case 'LabeledStatement':
      machine.labels.set(node.body, node.label.name)
      contain(machine, node, () => execute(machine, node.body))
      return
    case 'ForOfStatement':
    case 'ForInStatement':
      executeForEach(machine, node)
      return
    case 'ForStatement': {
      if (node.init) {
        if (node.init.type === 'VariableDeclaration') execute(machine, node.init)
        else evaluate(machine, node.init)
      }
      repeat(machine, node, () => {
        const test = node.test ? evaluate(machine, node.test) : nothing
        machine.under(test.reads, () => {
          execute(machine, node.body)
          if (node.update) evaluate(machine, node.update)
        })
      })
      return
    }
    case 'WhileStatement':
    case 'DoWhileStatement':
      repeat(machine, node, () => {
        const test = evaluate(machine, node.test)
        machine.under(test.reads, () => execute(machine, node.body))
      })
      return
    case 'ImportDeclaration':
      executeImport(machine, node)
      return
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
    case 'ExportAllDeclaration':
      executeExport(machine, node)
      return
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'DebuggerStatement':
      return
    case 'WithStatement':
      machine.fail('a `with` statement hides which variables are used')
      return
    default:
      // TypeScript declarations have no effect, but for enums and namespaces.
      if (node.type === 'TSEnumDeclaration' || node.type === 'TSModuleDeclaration') {
        if (!node.declare)
          machine.fail(
            `a TypeScript ${node.type === 'TSEnumDeclaration' ? 'enum' : 'namespace'} is not followed`,
          )
      }
  }
}

/** Walks something that contains jumps: what decided about those that do not leave it decides nothing behind it. */
function contain(machine: Machine, node: t.Node, body: () => void): void {
  const { frame } = machine
  const before = frame.sticky
  body()
  if (!isLeft(node, { throws: machine.tryDepth > 0, label: machine.labels.get(node) })) frame.sticky = before
}

/** Walks branches under a test; a jump in them makes everything behind depend on the test, too. */
function branch(machine: Machine, reads: ReadonlySet<Cell>, node: t.Node, body: () => void): void {
  machine.under(reads, body)
  if (!isLeft(node, { throws: machine.tryDepth > 0 })) return
  machine.stick(unite([reads, machine.control]))
}

function executeSwitch(machine: Machine, node: t.SwitchStatement): void {
  let tested = derived(evaluate(machine, node.discriminant))
  for (const { test } of node.cases) {
    // Each is evaluated where those before it did not match.
    if (test)
      tested = derived(
        tested,
        machine.under(tested.reads, () => evaluate(machine, test)),
      )
  }
  const statements = node.cases.flatMap(({ consequent }) => consequent)
  contain(machine, node, () => branch(machine, tested.reads, node, () => executeAll(machine, statements)))
}

function executeTry(machine: Machine, node: t.TryStatement): void {
  const first = machine.facts.length
  const isGoingOn = node.handler != null && !endsLoudly(node.handler.body)
  machine.tryDepth++
  if (isGoingOn) machine.catchDepth++
  execute(machine, node.block)
  if (isGoingOn) machine.catchDepth--
  machine.tryDepth--
  if (node.handler) {
    const { param, body } = node.handler
    const reads = unite(machine.facts.slice(first).map((it) => it.reads))
    branch(machine, reads, body, () => {
      const error = machine.made(node, 'external')
      if (param) assign(machine, param as t.LVal, { objects: new Set([error]), reads }, node)
      execute(machine, body)
    })
  }
  if (node.finalizer) execute(machine, node.finalizer)
}

/** Whether a handler ends the script: what it catches shows in no value. */
function endsLoudly({ body }: t.BlockStatement): boolean {
  const last = body.at(-1)
  if (last?.type === 'ThrowStatement') return true
  const call = last?.type === 'ExpressionStatement' ? last.expression : undefined
  return (
    call?.type === 'CallExpression' &&
    call.callee.type === 'MemberExpression' &&
    call.callee.object.type === 'Identifier' &&
    call.callee.object.name === 'process' &&
    literalName(call.callee.property) === 'exit'
  )
}

/** A loop that is not flor's: walked twice where a jump in it decides about what stands before the jump. */
export function repeat(machine: Machine, node: t.Node, body: () => void): void {
  const { frame, iteration } = machine
  contain(machine, node, () => {
    const before = frame.sticky.size
    if (iteration !== undefined) iteration.plainLoops++
    body()
    if (frame.sticky.size > before) body()
    if (iteration !== undefined) iteration.plainLoops--
  })
}

function executeForEach(machine: Machine, node: t.ForOfStatement | t.ForInStatement): void {
  const source = evaluate(machine, node.right)
  const loops = [...source.objects].filter((it) => it.kind === 'flor-loop')
  const bind = (item: Value) => {
    const target = node.left.type === 'VariableDeclaration' ? node.left.declarations[0]?.id : node.left
    if (target) assign(machine, target as t.LVal, item, node)
    execute(machine, node.body)
  }
  for (const loop of loops) enterFlorLoop(machine, node, loop, bind)
  if (loops.length > 0) return
  const item =
    node.type === 'ForInStatement' ? toPrimitive(machine, source, node) : join(iterate(machine, source, node))
  let isAgain = false
  repeat(machine, node, () => {
    // A jump out of the body decides how far what it goes through is executed, too.
    if (isAgain) iterate(machine, source, node)
    isAgain = true
    machine.under(item.reads, () => bind(item))
  })
}

import type * as t from '@babel/types'
import { BindingWalker } from './binding-walker.js'
import { findLoopName } from './flor-calls.js'
import { keyName, startOf } from './node-forms.js'
import { Scope } from './scopes.js'

/** The third part of the walk: functions, classes, and control statements, which hold blocks. */
export abstract class BodyWalker extends BindingWalker {
  protected visitFunction(
    node:
      | t.FunctionDeclaration
      | t.FunctionExpression
      | t.ArrowFunctionExpression
      | t.ObjectMethod
      | t.ClassMethod
      | t.ClassPrivateMethod,
  ): void {
    const context = this.contexts.get(node)
    let label = context?.label ?? ''
    let names = context?.names
    if (node.type === 'FunctionDeclaration' && node.id) {
      names = this.declare(node.id, 'function')
      label = node.id.name
    }
    if ('decorators' in node) for (const decorator of node.decorators ?? []) this.visit(decorator)
    if (node.type === 'ObjectMethod' || node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod') {
      if ('computed' in node && node.computed) this.visit(node.key)
      label = keyName(node.key)
    }
    const { isAsync: outerAsync, scope: outerScope, functionOwner, receiverOwner } = this
    const hasReceiver = node.type !== 'ArrowFunctionExpression'
    this.isAsync = node.async ?? false
    this.functionOwner = this.statement
    if (hasReceiver) this.receiverOwner = this.statement
    const isBlock = node.body.type === 'BlockStatement'
    const block = isBlock
      ? this.makeBodyBlock(
          node.body,
          context?.kind ?? (node.type === 'ArrowFunctionExpression' ? 'callback' : 'function'),
          label,
          {
            ...(names ? { names } : {}),
            ...(context?.loop === undefined ? {} : { loop: context.loop }),
            repeats: context?.repeats ?? false,
            hasReceiver,
          },
        )
      : this.block
    const scope = new Scope(outerScope, block, true)
    this.scope = scope
    if (node.type === 'FunctionExpression' && node.id) {
      const own = new Scope(outerScope, block, false)
      const token = this.tokenAt.get(node.id.start ?? -1)
      if (token) this.table.declare(own, token, 'function', undefined)
      this.scope = new Scope(own, block, true)
    }
    this.visit(node.typeParameters)
    for (const parameter of node.params) this.declarePattern(parameter, 'parameter')
    this.visit(node.returnType)
    if (node.body.type === 'BlockStatement') this.fillBlock(block, this.scope, node.body.body)
    else this.visit(node.body)
    this.scope = outerScope
    this.isAsync = outerAsync
    this.functionOwner = functionOwner
    this.receiverOwner = receiverOwner
  }

  protected visitClass(node: t.ClassDeclaration | t.ClassExpression): void {
    for (const decorator of node.decorators ?? []) this.visit(decorator)
    if (node.id && node.type === 'ClassDeclaration') this.declare(node.id, 'class')
    this.visit(node.typeParameters)
    this.visit(node.superClass)
    this.visit(node.superTypeParameters)
    for (const one of node.implements ?? []) this.visit(one)
    const label = node.id?.name ?? this.contexts.get(node)?.label ?? ''
    const { body } = node
    const block = this.makeBlock('members', label, (body.start ?? 0) + 1, (body.end ?? 0) - 1, {
      hasReceiver: true,
    })
    this.braces.set(block, [body.start ?? 0, body.end ?? 0])
    const scope = new Scope(this.scope, block, false)
    if (node.id && node.type === 'ClassExpression') {
      const token = this.tokenAt.get(node.id.start ?? -1)
      if (token) this.table.declare(scope, token, 'class', undefined)
    }
    const { receiverOwner } = this
    this.receiverOwner = this.statement
    this.fillBlock(block, scope, body.body)
    this.receiverOwner = receiverOwner
  }

  protected visitIf(node: t.IfStatement, depth: number): void {
    this.visit(node.test)
    this.visitBody(node.consequent, 'branch', depth === 0 ? 'then' : `then ${this.textOf(node.test)}`)
    // `else if` goes on with the same statement: as a statement of its own it could take no neighbour.
    if (node.alternate?.type === 'IfStatement') this.visitIf(node.alternate, depth + 1)
    else if (node.alternate) this.visitBody(node.alternate, 'branch', 'else')
  }

  protected visitLoop(
    node: t.ForStatement | t.ForInStatement | t.ForOfStatement | t.WhileStatement | t.DoWhileStatement,
  ): void {
    if (node.type === 'ForOfStatement' && node.await) this.markWaiting()
    const loop = node.type === 'ForOfStatement' ? findLoopName(node.right, this.flor) : undefined
    const block = this.makeBodyBlock(node.body, 'loop', '', {
      repeats: true,
      ...(loop === undefined ? {} : { loop }),
    })
    const outer = this.scope
    this.scope = new Scope(outer, block, false)
    if (node.type === 'ForStatement') {
      this.visit(node.init)
      this.visit(node.test)
      this.visit(node.update)
    } else if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') {
      if (node.left.type === 'VariableDeclaration') this.visit(node.left)
      else this.visitTarget(node.left)
      this.visit(node.right)
    } else this.visit(node.test)
    this.fillBody(block, node.body, this.scope)
    this.scope = outer
  }

  protected visitTry(node: t.TryStatement): void {
    this.visitBody(node.block, 'guarded', 'try')
    if (node.handler) {
      const { handler } = node
      const block = this.makeBodyBlock(handler.body, 'handler', 'catch', {})
      const scope = new Scope(this.scope, block, false)
      this.declarePattern(handler.param ?? null, 'parameter', scope)
      this.fillBody(block, handler.body, scope)
    }
    if (node.finalizer) this.visitBody(node.finalizer, 'plain', 'finally')
  }

  protected visitSwitch(node: t.SwitchStatement): void {
    this.visit(node.discriminant)
    const outer = this.scope
    const { text } = this.source
    const scopes: Scope[] = []
    for (const [i, one] of node.cases.entries()) {
      this.visit(one.test)
      const next = node.cases[i + 1]?.start ?? (node.end ?? 0) - 1
      const afterTest = one.test?.end ?? (one.start ?? 0) + 'default'.length
      const start =
        one.consequent.length > 0 ? text.lastIndexOf(':', startOf(one.consequent[0])) + 1 : (one.end ?? 0)
      const block = this.makeBlock(
        'case',
        one.test ? this.textOf(one.test) : 'default',
        Math.max(afterTest, start),
        next,
        {},
      )
      const scope = new Scope(outer, block, false, scopes)
      scopes.push(scope)
      this.fillBlock(block, scope, one.consequent)
    }
  }
}

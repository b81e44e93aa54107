import type * as t from '@babel/types'
import type { Module } from '../module.js'
import { isFunctionNode } from '../syntax.js'
import type { Places } from './once.js'
import { FILE_MODULES, surroundingsIn } from './surroundings.js'
import { isCall, memberName, rootOf, targetOf, walk } from './walk.js'

const CHANGING =
  /^(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|add|delete|clear|assign|minimize|applyGradients|fit|fitDataset|trainOnBatch|setWeights|dispose)$/
const CLOCKS = new Set(['Date', 'performance', 'crypto'])
const CLOCK_MODULES = /^(?:node:)?(?:perf_hooks|crypto|os|process)$/

/** What executing a statement does besides giving a value. */
export interface Effects {
  /** Why it changes what the program goes on with, so that iterations before it would have changed it, too. */
  readonly changes?: string
  /** What it reads that no replay can give again: a clock, true randomness, the state of the machine. */
  readonly irreproducible?: string
}

/** Draws of true randomness: `randomUUID` names things, and decides nothing. */
const DRAWS = /^(?:randomInt|randomBytes|randomFill|randomFillSync|getRandomValues|webcrypto)$/

/** A random number that a script draws where no generator can be restored; whatever depends on it cannot be had again. */
function findTrueDraw(places: Places): string | undefined {
  for (const module of places.modules) {
    for (const { node, around } of walk(module.ast.program)) {
      const isImported = node.type === 'ImportSpecifier' && CLOCK_MODULES.test(sourceOf(around))
      const name = isImported && node.imported.type === 'Identifier' ? node.imported.name : memberName(node)
      if (name !== undefined && DRAWS.test(name))
        return `\`${name}\`, which the script draws from outside of its generator`
    }
  }
  return undefined
}

/** `new Date(time)`, `Date.UTC(…)`, `Date.parse(…)`: dates that no clock tells. */
function isGivenTime(node: t.Identifier, parent: t.Node | undefined): boolean {
  if (node.name !== 'Date' || parent === undefined) return false
  if (parent.type === 'NewExpression')
    return (
      parent.callee === node &&
      parent.arguments[0] !== undefined &&
      parent.arguments[0].type !== 'SpreadElement'
    )
  return /^(?:UTC|parse)$/.test(memberName(parent) ?? '')
}

function isStack(node: t.Node): boolean {
  if (
    (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') ||
    memberName(node) !== 'stack'
  )
    return false
  const { object } = node
  if (object.type === 'Identifier') return /^(?:e|err|error)$/i.test(object.name)
  return (
    object.type === 'NewExpression' &&
    object.callee.type === 'Identifier' &&
    /Error$/.test(object.callee.name)
  )
}

/** TensorFlow.js calls `onYield` every so many milliseconds. */
function findYield(places: Places, statement: t.Node): string | undefined {
  const isYield = (it: t.Node): boolean =>
    (it.type === 'ObjectMethod' || it.type === 'ObjectProperty') &&
    it.key.type === 'Identifier' &&
    it.key.name === 'onYield'
  return places.aroundOf(statement).some(isYield) ? 'the clock, by which `onYield` is called' : undefined
}

/** What the values that a statement logs show of the folder and the files around. */
function surroundingsOf(places: Places, statement: t.Node): string | undefined {
  for (const { node } of walk(statement)) {
    if (!isCall(node)) continue
    for (const part of node.arguments) {
      const found = surroundingsIn(places, part)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function sourceOf([parent]: readonly t.Node[]): string {
  return parent?.type === 'ImportDeclaration' ? parent.source.value : ''
}

/** Looks at a statement and, through calls, at everything of the project that it executes. */
export function effectsOf(places: Places, statement: t.Node): Effects {
  const seen = new Set<t.Node>()
  let changes: string | undefined
  let irreproducible =
    findTrueDraw(places) ?? findYield(places, statement) ?? surroundingsOf(places, statement)
  const look = (root: t.Node): void => {
    if (seen.has(root)) return
    seen.add(root)
    /** A variable of the code that is looked at; for a change of an object behind it, one that holds an object made there. */
    const isOwn = (target: t.Node): boolean => {
      const identifier = rootOf(target)
      const binding = identifier && places.moduleOf(identifier)?.bindingOf(identifier)
      if (binding === undefined || !places.aroundOf(binding.identifier).some((it) => seen.has(it)))
        return false
      const made = binding.path.node.type === 'VariableDeclarator' ? binding.path.node.init : undefined
      return identifier === target || (made != null && isMadeHere(made))
    }
    for (const { node } of walk(root, ({ node }) => node === root || node.type !== 'FunctionDeclaration')) {
      const target = targetOf(node)
      if (target !== undefined && !isOwn(target))
        changes ??= 'the statement changes what the program goes on with'
      if (node.type === 'Identifier') {
        const binding = places.moduleOf(node)?.bindingOf(node)
        const source =
          binding?.path.parent?.type === 'ImportDeclaration' ? binding.path.parent.source.value : undefined
        const isMember = memberName(places.aroundOf(node)[0] ?? node) === node.name
        const isClock = CLOCKS.has(node.name) && !isGivenTime(node, places.aroundOf(node)[0])
        if (!isMember && binding === undefined && isClock) irreproducible ??= `\`${node.name}\``
        if (source !== undefined && CLOCK_MODULES.test(source))
          irreproducible ??= `\`${node.name}\` of ${source}`
        if (source !== undefined && FILE_MODULES.test(source)) changes ??= 'the statement uses files'
      }
      if (isStack(node)) irreproducible ??= 'the `stack` of an error, which names the folder of the replay'
      if (!isCall(node)) continue
      const { callee } = node
      const name = memberName(callee)
      const isHarmless =
        memberObject(callee) !== undefined &&
        (isMadeHere(memberObject(callee) as t.Node) ||
          places.isTensors(places.moduleOf(node) as Module, memberObject(callee) as t.Node))
      if (
        name !== undefined &&
        CHANGING.test(name) &&
        !isOwn(callee) &&
        !(
          isHarmless &&
          !/^(?:assign|dispose|fit|fitDataset|trainOnBatch|minimize|applyGradients|setWeights)$/.test(name)
        )
      ) {
        changes ??= `the statement calls \`${name}\`, which changes things`
      }
      for (const code of codesOf(places, callee)) look(code)
    }
  }
  look(statement)
  return {
    ...(changes === undefined ? {} : { changes }),
    ...(irreproducible === undefined ? {} : { irreproducible }),
  }
}

function memberObject(callee: t.Node): t.Node | undefined {
  return callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression'
    ? callee.object
    : undefined
}

/** An expression that gives a new list or object, which nobody else has. */
function isMadeHere(node: t.Node): boolean {
  if (/^(?:New|Array|Object)Expression$/.test(node.type)) return true
  if (!isCall(node)) return false
  const root = rootOf(node.callee)
  const name = memberName(node.callee)
  if (name === undefined) return false
  if (/^(?:from|of)$/.test(name) && root !== undefined && /Array$/.test(root.name)) return true
  if (root?.name === 'Object') return /^(?:keys|values|entries|fromEntries)$/.test(name)
  return (
    /^(?:slice|map|filter|concat|flat|flatMap|toSorted|toReversed|split)$/.test(name) ||
    (/^(?:sort|reverse|fill)$/.test(name) && isMadeHere((node.callee as t.MemberExpression).object))
  )
}

/** The functions of the project that a call may execute: the one that is named, or every method of that name. */
function codesOf(places: Places, callee: t.Node): t.Node[] {
  if (callee.type === 'Identifier') {
    const module = places.moduleOf(callee)
    const declaration = module && places.declarationOf(module, callee)
    const node = declaration && places.moduleOf(declaration)?.bindingOf(declaration)?.path.node
    if (node == null) return []
    const code = node.type === 'VariableDeclarator' ? node.init : node
    return code != null && (isFunctionNode(code) || code.type === 'ClassDeclaration') ? [code] : []
  }
  const name = memberName(callee)
  return name === undefined ? [] : [...places.functionsNamed(name)]
}

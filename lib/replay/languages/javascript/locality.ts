import type { Binding, NodePath } from '@babel/traverse'
import type * as t from '@babel/types'
import type { AbstractObject, Cell } from './heap.js'
import type { Machine } from './machine.js'
import type { Region } from './region.js'

/**
 * Whether a cell is new each time that the region's loop goes round, so that what was written to it before cannot be read
 * later except through something that is not new.
 */
export function isNewEachTime(machine: Machine, cell: Cell, region: Region): boolean {
  // A loop that is not entered does not decide about jumps; what is around it decides anew each time.
  if (cell.perEntrance !== undefined) return cell.perEntrance.isItem || cell.perEntrance.loop !== region.node
  if (cell.owner !== undefined) {
    const { madeIn } = cell.owner
    return madeIn.size > 0 && [...madeIn].every((it) => it.isWithin(region))
  }
  if (cell.activatedIn !== undefined)
    return (
      cell.activatedIn.isWithin(region) ||
      (cell.binding !== undefined && isDeclaredInLoop(cell.binding, region))
    )
  if (cell.activation !== undefined) {
    // Arguments and results belong to one call; a generator's call may outlive the iteration that made it.
    const activated = isActivatedWithin(machine, cell.activation, region)
    return isGenerator(cell.activation) ? activated === 'always' : activated !== 'never'
  }
  const { binding } = cell
  if (binding === undefined) return false
  if (isDeclaredInLoop(binding, region)) return true
  const owner = functionOf(binding.path)
  if (owner === undefined) return false
  const activated = isActivatedWithin(machine, owner, region)
  if (activated === 'sometimes') return !outlives(machine, binding, owner)
  return activated === 'always'
}

function isDeclaredInLoop(binding: Binding, region: Region): boolean {
  const { node } = region
  if (node == null || binding.kind === 'var' || binding.kind === 'hoisted') return false
  // Regions and bindings of different files may share offsets: compare the nodes on the way up.
  for (let at: NodePath | null = binding.scope.path; at !== null; at = at.parentPath)
    if (at.node === node) return true
  return false
}

function isActivatedWithin(machine: Machine, node: t.Node, region: Region): 'always' | 'sometimes' | 'never' {
  const regions = isGenerator(node)
    ? machine.madeObjects
        .filter((it) => it.kind === 'generator' && it.code?.node === node)
        .flatMap((it) => [...it.madeIn])
    : [...(machine.entered.get(node) ?? [])]
  const inside = regions.filter((it) => it.isWithin(region)).length
  if (inside === 0) return 'never'
  return inside === regions.length ? 'always' : 'sometimes'
}

const ownVariables = new WeakMap<Binding, boolean>()

/** Whether a variable is one of the function's own, and no function or class in it uses it. */
export function isOwnVariable(binding: Binding, code: t.Node): boolean {
  if (functionOf(binding.path) !== code || !/^(?:param|var|let|const|hoisted)$/.test(binding.kind))
    return false
  let isOwn = ownVariables.get(binding)
  if (isOwn === undefined) {
    const uses = [...binding.referencePaths, ...binding.constantViolations]
    isOwn = binding.path.parent?.type !== 'TSParameterProperty' && uses.every((it) => isDirectlyIn(it, code))
    ownVariables.set(binding, isOwn)
  }
  return isOwn
}

function isDirectlyIn(place: NodePath, code: t.Node): boolean {
  let at: NodePath | null = place
  // A function's declaration is a use of its name in the function around.
  if (at.isFunctionDeclaration() || at.isClassDeclaration()) at = at.parentPath
  for (; at !== null && at.node !== code; at = at.parentPath)
    if (at.isFunction() || at.isClass()) return false
  return at !== null
}

function isGenerator(node: t.Node): boolean {
  return 'generator' in node && node.generator === true
}

function functionOf(path: NodePath): t.Node | undefined {
  const { node } = path
  // A parameter's or a function's own path may be the function itself.
  if (path.isFunction() && !path.isFunctionDeclaration()) return node
  return path.getFunctionParent()?.node
}

/**
 * Whether a function that uses the variable may outlive the call that made both: it is held by something else than that
 * call's own variables. A callback that is only passed on (`tf.tidy(() => …)`) is held by nothing.
 */
function outlives(machine: Machine, binding: Binding, owner: t.Node): boolean {
  const users = new Set(
    [...binding.referencePaths, ...binding.constantViolations].flatMap((it) => functionsBelow(it, owner)),
  )
  if (users.size === 0) return false
  const isUser = (it: AbstractObject) => it.kind === 'function' && it.node !== undefined && users.has(it.node)
  if ([...machine.anytime].some(isUser)) return true
  const variables = [...machine.modules.values()].flatMap((module) => module.cells())
  const others = variables.filter((it) => it.binding === undefined || functionOf(it.binding.path) !== owner)
  const fields = machine.madeObjects.flatMap((it) => [...it.fields.values()])
  return [...others, ...fields, ...machine.results()].some((cell) => [...cell.objects].some(isUser))
}

/**
 * Whether what a variable holds as the region's loop goes round may have been put there before: not where it is new each time, nor where the call that
 * it belongs to has ended, and nothing holds a function that uses it.
 */
export function isLongLived(machine: Machine, cell: Cell, region: Region): boolean {
  if (cell.activation !== undefined || isNewEachTime(machine, cell, region)) return false
  const { binding } = cell
  if (binding === undefined) return true
  const owner = functionOf(binding.path)
  if (owner === undefined || machine.aroundMain.has(owner)) return !isLeftBlock(machine, binding)
  // A generator's variables last from item to item.
  return isGenerator(owner) || outlives(machine, binding, owner)
}

/** Whether a variable belongs to a block, or a loop, that has ended when any main loop is entered, and that nothing uses later. */
function isLeftBlock(machine: Machine, binding: Binding): boolean {
  const { path } = binding.scope
  if (!/^(?:let|const)$/.test(binding.kind) || path.isProgram() || path.isFunction()) return false
  // Places of different files, or of functions, do not tell what comes first.
  if (machine.aroundMain.size > 0) return false
  const program = binding.scope.getProgramParent().path.node
  const { end } = path.node
  const isBefore = machine.mainVisits.every(
    ({ region: { node }, program: around }) =>
      around === program && node?.start != null && end != null && end <= node.start,
  )
  if (!isBefore) return false
  const owner = path.getFunctionParent()?.node
  return [...binding.referencePaths, ...binding.constantViolations].every(
    (it) => it.getFunctionParent()?.node === owner,
  )
}

/** The functions between a place and the function that it is asked about. */
function functionsBelow(place: NodePath, owner: t.Node): t.Node[] {
  const found: t.Node[] = []
  for (let at = place.getFunctionParent(); at !== null && at.node !== owner; at = at.getFunctionParent()) {
    found.push(at.node)
  }
  return found
}

/**
 * Whether every iteration of the main loop writes the variable before anything reads it: a plain assignment among the
 * body's own statements, and every other use behind it, in the body.
 */
export function isAssignedFirst(cell: Cell, region: Region): boolean {
  const { binding } = cell
  const { node } = region
  if (binding === undefined || node?.type !== 'ForOfStatement' || node.body.type !== 'BlockStatement')
    return false
  const { body } = node
  const assignment = body.body.find(
    (it) =>
      it.type === 'ExpressionStatement' &&
      it.expression.type === 'AssignmentExpression' &&
      it.expression.operator === '=' &&
      it.expression.left.type === 'Identifier' &&
      binding.constantViolations.some((violation) => violation.node === it.expression),
  )
  if (assignment === undefined) return false
  const uses = [...binding.referencePaths, ...binding.constantViolations].filter(
    (it) => it.node !== (assignment as t.ExpressionStatement).expression,
  )
  return uses.every((it) => {
    const { start } = it.node
    if (start == null) return false
    const isWithinBody = start >= (body.start ?? 0) && start < (body.end ?? 0)
    if (isWithinBody) return start > (assignment.end ?? 0)
    // Outside the loop, but not in a function that the loop's body may call.
    return it.getFunctionParent()?.node === binding.path.getFunctionParent()?.node
  })
}

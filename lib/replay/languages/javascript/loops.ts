import type * as t from '@babel/types'
import { type AbstractObject, nothing, unite, type Value } from './heap.js'
import { iterate } from './iterate.js'
import { isLeft, jumpsOf } from './jumps.js'
import type { Machine } from './machine.js'

/** Walks `for (… of flor.loop(…))`: its source, then its body, each in a region of its own. */
export function enterFlorLoop(
  machine: Machine,
  node: t.ForOfStatement | t.ForInStatement,
  loop: AbstractObject,
  body: (item: Value) => void,
): void {
  const name = loop.loop?.name
  if (name === undefined) machine.fail('the name of a flor loop is computed')
  if (machine.region === machine.anytimeRegion) {
    machine.fail('a flor loop stands in a callback that is called at an unknown time')
  }
  const source = loop.loop?.source ?? nothing
  enter(machine, node, name, () => {
    const next = () =>
      inPart(machine, node, name, 'source', () => {
        const value = iterate(machine, source, node)
        const cell = machine.itemOf(node)
        machine.note([cell], value.reads, node)
        return { objects: value.objects, reads: new Set([cell]) }
      })
    const item = next()
    const role = roleOf(machine)
    inPart(machine, node, name, 'body', () => {
      if (role === 'main') return body(item)
      // How often a nested loop's body runs is decided by its source, and by jumps in its own earlier iterations; of main loops it is recorded.
      return machine.under(unite([item.reads, source.reads]), () => {
        const jumps = machine.frame.sticky.size
        body(item)
        if (machine.frame.sticky.size > jumps) body(next())
      })
    })
  })
}

/** Walks the body of `flor.iteration(name, value, body)`. */
export function enterIteration(
  machine: Machine,
  node: t.Node,
  name: string | undefined,
  body: () => void,
): void {
  if (machine.region.main === undefined) {
    machine.fail('flor.iteration() outside of a main loop cannot be planned')
  }
  enter(machine, node, name, () => inPart(machine, node, name, 'body', body))
}

/** Whether a jump in the loop's body may leave the loop, rather than go on to its next iteration. */
function mayEnd(machine: Machine, node: t.Node): boolean {
  const body = node.type === 'ForOfStatement' || node.type === 'ForInStatement' ? node.body : node
  const mayThrow = machine.tryDepth > 0
  return [...jumpsOf(body)].some((it) => it !== 'continue' && (it !== 'throw' || mayThrow))
}

function roleOf(machine: Machine): 'open' | 'main' | 'nested' {
  if (machine.region.main !== undefined) return 'nested'
  return machine.isCheckpointing ? 'main' : 'open'
}

function enter(machine: Machine, node: t.Node, name: string | undefined, walk: () => void): void {
  const role = roleOf(machine)
  const { iteration } = machine
  if (role === 'nested' && iteration !== undefined) iteration.hasNested = true
  if (role !== 'open') machine.note([machine.entranceOf(node)], new Set(), node)
  if (role === 'main') {
    const region = machine.region.enter(node, 'body', name, role)
    const visit = machine.visit()
    machine.mainVisits.push({ ...visit, region })
    machine.registrations.enter(region, machine.module)
    for (const code of machine.calls) machine.aroundMain.add(code.node)
    machine.iteration = { frame: machine.frame, hasNested: false, plainLoops: 0 }
  }
  const { frame } = machine
  const before = frame.sticky
  walk()
  if (role === 'main') {
    machine.iteration = iteration
    // Before the jumps in it are forgotten: each may end the loop, but for those to its next iteration.
    if (mayEnd(machine, node))
      inPart(machine, node, name, 'body', () =>
        machine.note([machine.leavingOf(node)], machine.frame.sticky, node),
      )
  }
  if (!isLeft(node, { throws: machine.tryDepth > 0, label: machine.labels.get(node) })) {
    frame.sticky = before
    return
  }
  // Whether the loop was left for good was decided in it: a loop that is not entered decides otherwise.
  const jump = machine.jumpOf(node)
  inPart(machine, node, name, 'body', () => machine.note([jump], machine.frame.sticky, node))
  machine.stick(new Set([jump]))
}

function inPart<T>(
  machine: Machine,
  node: t.Node,
  name: string | undefined,
  part: 'body' | 'source',
  walk: () => T,
): T {
  const region = machine.region.enter(node, part, name, roleOf(machine))
  return machine.within(region, walk)
}

import type { Position } from '../../source-project.js'
import type { Places } from './limits/once.js'
import type { Machine, Visit } from './machine.js'
import type { Region } from './region.js'

/** Where the walk met the wanted statement. */
export function positionOf(machine: Machine, places: Places): Position {
  const { statementVisits } = machine
  if (statementVisits.length === 0) {
    return {
      kind: 'unknown',
      loops: [],
      outerLoops: 0,
      why: 'no way was found on which the script reaches the statement',
    }
  }
  const [first, ...rest] = statementVisits.map((visit) => placeOf(machine, places, visit))
  return rest.reduce((a, b) => merge(a, b), first as Position)
}

function merge(a: Position, b: Position): Position {
  const same = a.loops.join('\0') === b.loops.join('\0') && a.outerLoops === b.outerLoops
  if (a.pass !== b.pass) return merge(inAny(a), inAny(b))
  if (same && a.kind === b.kind) return a
  const kinds = new Set([a.kind, b.kind])
  const inMain = [...kinds].every((kind) => kind === 'nested' || kind === 'iteration')
  const depth = a.outerLoops + 1
  if (inMain && a.outerLoops === b.outerLoops && sameHead(a.loops, b.loops, depth)) {
    return a.loops.length >= b.loops.length ? { ...a, kind: 'nested' } : { ...b, kind: 'nested' }
  }
  return {
    kind: 'unknown',
    loops: [],
    outerLoops: 0,
    why: `it is executed in two places (${a.why}; ${b.why})`,
  }
}

function inAny({ pass: _, ...position }: Position): Position {
  return position
}

function sameHead(a: readonly string[], b: readonly string[], count: number): boolean {
  return a.slice(0, count).join('\0') === b.slice(0, count).join('\0')
}

function placeOf(machine: Machine, places: Places, visit: Visit): Position {
  const { region } = visit
  const path = region.path
  const loops = path.map((it) => it.name ?? '?')
  const base = { loops, outerLoops: 0 }
  if (region === machine.anytimeRegion) {
    return { ...base, kind: 'unknown', why: 'it stands in a callback that is called at an unknown time' }
  }
  if (path.some((it) => it.role === 'main' && it.part === 'source')) {
    return { ...base, kind: 'unknown', why: "it is executed by a main loop's source" }
  }
  const { main } = region
  if (main !== undefined) {
    const outerLoops = main.path.length - 1
    const kind = region.isNested ? 'nested' : 'iteration'
    const where = kind === 'nested' ? `in loop ${quote(loops.at(-1))}, nested in` : 'in the body of'
    const pass = passOf(machine, places, main)
    const which = pass === undefined ? {} : { pass }
    return { loops, outerLoops, ...which, kind, why: `it stands ${where} the main loop ${quote(main.name)}` }
  }
  return outsidePlace(machine, visit, loops)
}

/** How many loops of its name are entered before a main loop in each iteration around it; undefined where that cannot be told. */
function passOf({ mainVisits, facts }: Machine, places: Places, main: Region): number | undefined {
  const isAlike = (it: Region): boolean => it.parent === main.parent && it.name === main.name
  const others = facts.flatMap(({ region }) => region.path).filter(isAlike)
  if (others.some((it) => it.role !== 'main') || main.node === undefined) return undefined
  const own = places.moduleOf(main.node)?.call
  if (!(own === undefined ? places.isOnce(main.node) : places.isOnceBy(own))) return undefined
  const alike = mainVisits.filter((it) => isAlike(it.region))
  const before = alike.slice(
    0,
    alike.findIndex((it) => it.region.node === main.node),
  )
  const isEach = before.every(({ region: { node } }) => {
    const call = node && (places.moduleOf(node)?.call ?? { node, around: undefined })
    return call !== undefined && places.isInAnyCase(call)
  })
  return isEach && new Set(before.map((it) => it.region)).size === before.length ? before.length : undefined
}

/** Before or behind main loops, as the walk met them in the order of execution. */
function outsidePlace(machine: Machine, visit: Visit, loops: readonly string[]): Position {
  const { region } = visit
  const mains = machine.mainVisits
  const outerLoops = region.path.filter((it) => mains.some((main) => main.region.isWithin(it))).length
  const base = { loops, outerLoops }
  const before = mains.filter((main) => main.order < visit.order && related(main.region, region)).at(-1)
  if (before !== undefined) {
    return { ...base, kind: 'suffix', why: `it stands behind the main loop ${quote(before.region.name)}` }
  }
  const after = mains.find((main) => main.order > visit.order)
  if (after !== undefined) {
    return { ...base, kind: 'prefix', why: `it stands before the main loop ${quote(after.region.name)}` }
  }
  if (mains.length > 0) {
    return { ...base, kind: 'unknown', why: 'it stands beside the main loops, in no order that is known' }
  }
  return { ...base, kind: 'plain', why: 'no loop is entered after checkpointing()' }
}

/** Whether one iteration of the loops around can execute both. */
function related(main: Region, region: Region): boolean {
  const parent = main.parent as Region
  return region.isWithin(parent) || parent.isWithin(region)
}

function quote(name: string | undefined): string {
  return name === undefined ? '(unnamed)' : `\`${name}\``
}

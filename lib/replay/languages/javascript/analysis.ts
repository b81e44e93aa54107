import type * as t from '@babel/types'
import type {
  Position,
  Soundness,
  SourceProject,
  StatementAnalysis,
  StatementRange,
  Verdict,
} from '../../source-project.js'
import { callFunction } from './calls.js'
import type { AbstractObject, Cell } from './heap.js'
import { isIntegration } from './integrations.js'
import { isTensorLibrary } from './known-effects.js'
import { findCheckpointLimit } from './limits/checkpointed.js'
import { findConstruct, findGenerator, hasGenerator, hasIterators, type Limit } from './limits/constructs.js'
import { IMPLICIT_METHODS } from './limits/followed.js'
import { Places } from './limits/once.js'
import { findLoosePromise } from './limits/promises.js'
import { type Effects, effectsOf } from './limits/purity.js'
import { AnalysisLimit, Machine } from './machine.js'
import type { Module } from './module.js'
import { runModule } from './modules.js'
import { positionOf } from './position.js'
import {
  assessSoundness,
  dependenceOnMachine,
  exposedObjects,
  nothingKnown,
  strangePart,
} from './verdicts.js'

/** Memory of real scripts stops growing after three to six walks. */
const maxWalks = 30

/**
 * Follows a JavaScript or TypeScript program from its script's first line and tells where a statement stands and what may be left out.
 * @throws FlorError SOURCE_SYNTAX, LANGUAGE_UNSUPPORTED
 */
export function analyseJavaScript(project: SourceProject, statement: StatementRange): StatementAnalysis {
  const machine = new Machine(project, statement)
  const entry = machine.loadPath(project.script ?? statement.path)
  if (entry === undefined) return unknown(`there is no file ${project.script ?? statement.path}`)
  machine.module = entry
  try {
    if (!walkUntilStable(machine, entry)) return unknown('the program is too involved to follow')
  } catch (error) {
    if (error instanceof AnalysisLimit) return unknown(error.message)
    throw error
  }
  const [problem] = machine.problems
  if (problem !== undefined) return unknown(problem)
  const places = new Places([...machine.modules.values()], (module, node) => isTensors(machine, module, node))
  const position = positionOf(machine, places)
  machine.registrations.isSure = ({ module: { call } }) => call === undefined || places.isInAnyCase(call)
  const own: Effects = machine.wantedNode === undefined ? {} : effectsOf(places, machine.wantedNode)
  const soundness = withinLimits(machine, places, own, position, assessSoundness(machine, position))
  const effects = orMachine(machine, position, own)
  return {
    position,
    mainLoops: mainLoopsOf(machine),
    draws: machine.isDrawing,
    ...effects,
    ...soundness,
  }
}

/**
 * What the walk calls sound is proved only where it follows all that the program does: beyond the limits of that it is unknown, and beyond doubt unsound
 * where the statement itself changes what the iterations before it would have left behind.
 */
function withinLimits(
  machine: Machine,
  places: Places,
  effects: Effects,
  position: Position,
  soundness: Soundness,
): Soundness {
  const { changes } = effects
  if (changes !== undefined) {
    const unsound: Verdict = { verdict: 'unsound', reason: changes }
    return { skip: unsound, restore: unsound, comparable: { skip: [], restore: [] } }
  }
  const limit =
    findCheckpointLimit(places, machine, (code) => machine.entered.has(code)) ??
    findConstructs(places.modules) ??
    findImplicit(machine) ??
    findComparison(machine) ??
    findStrangePart(machine, places) ??
    findRepeatedMain(places, machine) ??
    findLoosePromise(places) ??
    findStranger(machine, position) ??
    // Behind the loop, what a generator does after its last item counts, too: it is not asked again.
    (position.kind === 'suffix' && places.modules.some(hasGenerator)
      ? places.modules
          .map((it) => findGenerator(it, (loop) => isNestedLoop(machine, it, loop)))
          .find((it) => it !== undefined)
      : undefined)
  if (limit === undefined) return soundness
  const { what, path, line } = limit
  const weaken = (verdict: Verdict): Verdict =>
    verdict.verdict === 'sound'
      ? { verdict: 'unknown', reason: `it cannot be proved: ${what} (${path}:${line})`, path, line }
      : verdict
  return {
    skip: weaken(soundness.skip),
    restore: weaken(soundness.restore),
    comparable: { skip: [], restore: [] },
  }
}

/** Whether a loop is only ever entered in iterations of main loops: where these are not executed, it is not entered. */
function isNestedLoop({ facts }: Machine, module: Module, loop: t.Node): boolean {
  const regions = new Set(facts.flatMap((it) => it.region.path).filter((it) => it.node === loop))
  // Of an integration's functions, each call has one.
  return (regions.size > 0 || isIntegration(module.path)) && [...regions].every((it) => it.role === 'nested')
}

function findConstructs(modules: readonly Module[]): Limit | undefined {
  const isIterating = modules.some(hasIterators)
  return modules.map((it) => findConstruct(it, isIterating)).find((it) => it !== undefined)
}

/** A function that is put where the language or the runtime would call it. */
function findImplicit({ madeObjects }: Machine): Limit | undefined {
  for (const object of madeObjects) {
    for (const [name, cell] of object.fields) {
      const isCalled = [...cell.objects].some((it) => /^(?:function|class|external|known)$/.test(it.kind))
      if (
        IMPLICIT_METHODS.has(name) &&
        object.kind !== 'external' &&
        isCalled &&
        isOwnAssignment(cell, object)
      )
        return { what: `a method \`${name}\``, path: '', line: object.node?.loc?.start.line ?? 0 }
    }
  }
  return undefined
}

/** Methods of literals are looked at where they stand. */
function isOwnAssignment(cell: Cell, { node }: AbstractObject): boolean {
  const methods = node?.type === 'ObjectExpression' ? node.properties : []
  return ![...cell.objects].every(
    (it) =>
      it.node !== undefined &&
      methods.some((method) => method === it.node || ('value' in method && method.value === it.node)),
  )
}

/** Where it matters which object something is that a restore makes anew, while others hold the one that was there. */
function findComparison(machine: Machine): Limit | undefined {
  if (machine.compared.size === 0) return undefined
  const exposed = machine.mainVisits.flatMap(({ region }) => exposedObjects(machine, region))
  for (const object of exposed) {
    const place = machine.compared.get(object)
    if (place !== undefined)
      return {
        what: `\`${object.label}\`, an object that the loop puts into checkpointed state, is compared with others`,
        ...place,
      }
  }
  return undefined
}

/** An instance of a class, or something like it, that comes into the state in a loop. */
function findStrangePart(machine: Machine, places: Places): Limit | undefined {
  const found = strangePart(machine)
  if (found === undefined) return undefined
  const { node } = found.object
  return {
    what: found.why,
    path: (node && places.moduleOf(node)?.path) ?? '',
    line: node?.loc?.start.line ?? 0,
  }
}

/** Variables of functions around it are taken to be there once. */
function findRepeatedMain(places: Places, { mainVisits, modules }: Machine): Limit | undefined {
  for (const { region } of mainVisits) {
    const { node } = region
    const module = node && [...modules.values()].find((it) => places.moduleOf(node) === it)
    if (node === undefined || module === undefined) continue
    const call = module.call
    if (call === undefined ? places.isOnce(node) : places.isOnceBy(call)) continue
    const place = call?.node ?? node
    return {
      what: 'a main loop that may be entered in several calls, or beside another',
      path: places.moduleOf(place)?.path ?? '',
      line: place.loc?.start.line ?? 0,
    }
  }
  return undefined
}

function isTensors(machine: Machine, module: Module, node: t.Node): boolean {
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression')
    return isTensors(machine, module, node.callee.object)
  const binding = node.type === 'Identifier' ? module.bindingOf(node) : undefined
  const objects = new Set((binding ? module.cellsOf(binding) : []).flatMap((it) => [...it.objects]))
  const isTensor = (it: AbstractObject): boolean =>
    it.kind === 'tensor' ||
    (it.kind === 'known' && isTensorLibrary(it.path.replace(/^(?:node:)?(.*?):.*$/, '$1')))
  return objects.size > 0 && [...objects].every(isTensor)
}

/** What depends on a clock, or the like, cannot be had by executing the run from its start. */
function orMachine(machine: Machine, position: Position, effects: Effects): Effects {
  if (effects.irreproducible !== undefined) return effects
  const given = dependenceOnMachine(machine, position)
  return given === undefined ? effects : { ...effects, irreproducible: `\`${given}\`` }
}

/** Something unknown that is used in iterations, or between main loops; what stands behind the last one is not executed for values before it. */
function findStranger({ strangers, mainVisits }: Machine, { kind }: Position): Limit | undefined {
  return strangers.find(
    ({ isOutside, mainLoops }) => kind === 'suffix' || !isOutside || mainLoops < mainVisits.length,
  )
}

function walkUntilStable(machine: Machine, entry: NonNullable<ReturnType<Machine['loadPath']>>): boolean {
  for (let walk = 0; walk < maxWalks; walk++) {
    machine.startWalk()
    runModule(machine, entry)
    callBackAnytime(machine, entry)
    if (!machine.grown) return true
  }
  return false
}

function callBackAnytime(machine: Machine, entry: NonNullable<ReturnType<Machine['loadPath']>>): void {
  machine.module = entry
  const done = new Set<AbstractObject>()
  machine.within(machine.anytimeRegion, () => {
    for (let before = -1; before !== done.size; ) {
      before = done.size
      for (const it of machine.anytime) {
        if (done.has(it)) continue
        done.add(it)
        const count = it.code?.node.params.length ?? 0
        const given = {
          objects: new Set([machine.made(entry.ast, 'external', 'event')]),
          reads: new Set<Cell>(),
        }
        callFunction(
          machine,
          it,
          Array.from({ length: count }, () => given),
          undefined,
          entry.ast,
        )
      }
    }
  })
}

function unknown(why: string): StatementAnalysis {
  const position = { kind: 'unknown', loops: [], outerLoops: 0, why } as const
  return { position, mainLoops: [], draws: false, ...nothingKnown(why) }
}

function mainLoopsOf({ mainVisits }: Machine): string[][] {
  const regions = new Set(mainVisits.map((it) => it.region))
  return [...regions].map(({ path }) => path.map((it) => it.name ?? '?'))
}

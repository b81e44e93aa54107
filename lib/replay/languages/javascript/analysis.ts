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
import { evaluate } from './expressions.js'
import type { AbstractObject, Cell } from './heap.js'
import { findCheckpointLimit } from './limits/checkpointed.js'
import { findConstruct, findGenerator, hasGenerator, type Limit } from './limits/constructs.js'
import { Places } from './limits/once.js'
import { findLoosePromise } from './limits/promises.js'
import { type Effects, effectsOf } from './limits/purity.js'
import { AnalysisLimit, Machine } from './machine.js'
import type { Module } from './module.js'
import { runModule } from './modules.js'
import { positionOf } from './position.js'
import { assessSoundness, dependenceOnMachine, nothingKnown } from './verdicts.js'

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
  const position = positionOf(machine)
  const places = new Places([...machine.modules.values()], (module, node) =>
    mayBeObject(machine, module, node),
  )
  const own: Effects = machine.wantedNode === undefined ? {} : effectsOf(places, machine.wantedNode)
  const soundness = withinLimits(machine, places, own, position, assessSoundness(machine, position))
  const effects = orMachine(machine, position, own)
  return {
    position,
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
    places.modules.map(findConstruct).find((it) => it !== undefined) ??
    findLoosePromise(places) ??
    findStranger(machine, position) ??
    // Behind the loop, what a generator does after its last item counts, too: it is not asked again.
    (position.kind === 'suffix' && places.modules.some(hasGenerator)
      ? places.modules.map(findGenerator).find((it) => it !== undefined)
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

function mayBeObject(machine: Machine, module: Module, node: t.Node): boolean {
  machine.module = module
  const { objects } = evaluate(machine, node)
  return [...objects].some(
    (it) => /^(?:plain|array|function|class)$/.test(it.kind) || it.origin === 'package',
  )
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
  return { position: { kind: 'unknown', loops: [], outerLoops: 0, why }, draws: false, ...nothingKnown(why) }
}

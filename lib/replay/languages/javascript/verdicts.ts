import type { Position, Soundness, Verdict } from '../../source-project.js'
import { CheckpointedState, type Exemption } from './checkpointed-state.js'
import type { AbstractObject, Cell } from './heap.js'
import { isFileQuery, isPlace, isSettingOfMachine } from './known-effects.js'
import { isAssignedFirst, isNewEachTime } from './locality.js'
import type { Fact, Machine, Sink } from './machine.js'
import type { Region } from './region.js'

/** A cell whose value would differ from that of an execution from the start, and where that came from. */
interface Stale {
  readonly cell: Cell
  readonly fact: Fact
  readonly certain: boolean
  readonly because: string
}

/** Soundness where nothing could be found out. */
export function nothingKnown(why: string): Soundness {
  const verdict: Verdict = { verdict: 'unknown', reason: why }
  return { skip: verdict, restore: verdict, comparable: { skip: [], restore: [] } }
}

/** Iterations before it would have drawn, too, and checkpoints hold generators of a training that did not. */
function drawn(): Soundness {
  const verdict: Verdict = {
    verdict: 'unsound',
    reason: 'the statement draws random numbers, which changes what is drawn behind it',
  }
  return { skip: verdict, restore: verdict, comparable: { skip: [], restore: [] } }
}

/**
 * Follows what is stale after starting at a checkpoint, or after leaving out nested loops, through everything that would be
 * executed, to the wanted statement.
 */
export function assessSoundness(machine: Machine, position: Position): Soundness {
  if (position.kind === 'unknown' || position.kind === 'plain') return nothingKnown(position.why)
  if (machine.isDrawing) return drawn()
  const wanted = machine.sinks.filter((it) => it.isWanted || isInside(machine, it))
  if (wanted.length === 0) return nothingKnown('the statement logs nothing that could be followed')
  const mains = [...new Set(machine.mainVisits.map((it) => it.region))]
  const carried = carriedCells(machine, mains, position)
  const left = mains.flatMap((main) => nestedCells(machine, main))
  const passed = mains.flatMap((main) => passedSources(machine, main))
  if (position.kind !== 'prefix') carried.push(...passed)
  const behind = machine.facts.filter((it) => !it.isBefore)
  const restored = (sinks: readonly Sink[]) => follow(behind, carried, sinks)
  const executed = behind.map((it) => (it.region.isNested ? restoredBehind(machine, it, 'nested') : it))
  const outside = behind.map((it) => (it.region.isIteration ? restoredBehind(machine, it, 'main') : it))
  const skipped = (sinks: readonly Sink[]) => {
    const ahead = sinks.every((it) => it.ahead)
    return follow(executed, ahead ? carried : [...carried, ...left], sinks)
  }
  const passedOver = (sinks: readonly Sink[]) => follow(outside, carried, sinks)
  // A `break` behind the statement that comes too early loses the iterations behind it; one that does not come lets the loop go on.
  const goesOn = position.kind === 'prefix' ? [] : leavings(machine, mains)
  // An exception that comes too early does, too, and says so: whether one comes because nested loops were left out, a trial shows.
  const fails = position.kind === 'prefix' ? [] : failures(machine, mains)
  const skip = (): Verdict => {
    switch (position.kind) {
      case 'nested':
        return { verdict: 'unsound', reason: 'the statement is executed in a nested loop' }
      case 'suffix':
        return worse(passedOver(wanted), ofLeaving(passedOver(items(machine, mains))))
      default:
        return [
          ofLeaving(skipped(goesOn)),
          ofLeaving(follow(executed, carried, fails)),
          doubted(ofLeaving(skipped(fails))),
        ].reduce(worse, skipped(wanted))
    }
  }
  const isOutside = (region: Region): boolean => !region.isIteration
  const comparable = {
    skip:
      position.kind === 'suffix'
        ? soundNames(onlyIn(machine.sinks, isOutside), passedOver)
        : soundNames(
            machine.sinks.filter((it) => !it.region.isNested),
            skipped,
          ),
    restore: soundNames(machine.sinks, restored),
  }
  const given = givenBehind(machine)
  const unseen = (names: readonly string[]) => withoutCompared(machine, given, wanted, names)
  const around = position.kind === 'suffix' ? outside : executed
  const restore = worse(restored(wanted), ofLeaving(restored([...goesOn, ...fails])))
  const soundness: Soundness = {
    skip: orGiven(machine, skip(), around, unseen(comparable.skip), wanted),
    restore: orGiven(machine, restore, behind.map(withJumps), unseen(comparable.restore), wanted),
    comparable,
  }
  if (position.kind === 'suffix')
    return soundness.restore.verdict === 'sound'
      ? soundness
      : { ...soundness, comparable: { ...comparable, restore: comparable.skip } }
  // What only nested loops log is logged where an iteration was executed in full, for want of checkpoints.
  const inNested = soundNames(
    onlyIn(machine.sinks, (it) => it.isNested),
    restored,
  )
  return { ...soundness, comparable: { ...comparable, skip: [...comparable.skip, ...inNested] } }
}

/** Where the clock, say, ended a main loop is recorded; where it ended a nested one is in checkpoints alone. */
function withJumps(fact: Fact): Fact {
  return fact.region.isNested ? { ...fact, direct: fact.reads } : fact
}

/** A loop whose iterations are left out has its effects by the checkpoint behind it, if it is come to. */
function restoredBehind(machine: Machine, fact: Fact, role: 'main' | 'nested'): Fact {
  const loop = fact.region.path.find((it) => it.role === role)?.node
  const reads = new Set(loop === undefined ? [] : [machine.entranceOf(loop)])
  return { ...fact, reads, direct: reads, values: new Set() }
}

/** What decides whether main loops are left early, and what their sources give, as if it were logged: the replay asks them for each item. */
function leavings(machine: Machine, mains: readonly Region[]): Sink[] {
  const jumps = mains.flatMap(({ node }) => (node === undefined ? [] : [machine.leavingOf(node)]))
  return [...sinksOf(mains, jumps), ...items(machine, mains)]
}

/** What main loops' sources give, as if it were logged. */
function items(machine: Machine, mains: readonly Region[]): Sink[] {
  return sinksOf(
    mains,
    mains.flatMap(({ node }) => (node === undefined ? [] : [machine.itemOf(node)])),
  )
}

/** What decides whether an exception that nobody catches ends the run, as if it were logged. */
function failures(machine: Machine, mains: readonly Region[]): Sink[] {
  return sinksOf(
    mains,
    mains.flatMap(({ node }) => (node === undefined ? [] : [machine.failureOf(node)])),
  )
}

function sinksOf([region]: readonly Region[], cells: readonly Cell[]): Sink[] {
  if (region === undefined) return []
  const reads = new Set(cells)
  return [
    {
      name: undefined,
      path: '',
      start: -1,
      reads,
      direct: reads,
      values: reads,
      region,
      ahead: false,
      isWanted: false,
    },
  ]
}

/** Those of names that are logged there and nowhere else. */
function onlyIn(sinks: readonly Sink[], isThere: (region: Region) => boolean): Sink[] {
  const others = sinks.filter((it) => !isThere(it.region))
  if (others.some((it) => it.name === undefined)) return []
  return sinks.filter(({ name }) => !others.some((it) => it.name === name))
}

function doubted(verdict: Verdict): Verdict {
  return verdict.verdict === 'unsound' ? { ...verdict, verdict: 'unknown' } : verdict
}

function ofLeaving(verdict: Verdict): Verdict {
  return { ...verdict, reason: verdict.reason.replace('the statement', 'whether the loop goes on') }
}

const RANKS = { sound: 0, unknown: 1, unsound: 2 } as const

function worse(one: Verdict, other: Verdict): Verdict {
  return RANKS[other.verdict] > RANKS[one.verdict] ? other : one
}

/** What of the machine's own (a clock, true randomness, an environment that nothing recorded depends on) a statement depends on when everything is executed; undefined where nothing. */
export function dependenceOnMachine(machine: Machine, position: Position): string | undefined {
  const isWanted = (it: Sink): boolean => it.isWanted || isInside(machine, it)
  const wanted = machine.sinks.filter(isWanted)
  const reaches = (cells: readonly Cell[], sinks: readonly Sink[]): Cell | undefined =>
    hitGiven(machine.facts, new Map(cells.map((cell) => [cell, cell])), sinks)
  const place = placeIn(machine, wanted)
  if (place !== undefined) return place.label
  const cells = [...machine.given.keys()].filter((it) => !isPlace(it.label))
  const found = reaches(
    cells.filter((it) => !isSetting(it)),
    wanted,
  )
  if (found !== undefined) return found.label
  // Another environment would have shown in what was recorded, where that depends on it and is produced again, too.
  const recorded = position.kind === 'prefix' ? [] : machine.sinks.filter((it) => !isWanted(it))
  const setting = cells.find(
    (it) => isSetting(it) && reaches([it], wanted) !== undefined && !isShown(machine, it, recorded),
  )
  return setting?.label
}

/**
 * Where the script is executed, if that is in what the sinks log: conditions do not count (`if (isMain)`), nor does what is read at a place, nor what code
 * of packages may have noted of it.
 */
function placeIn(machine: Machine, sinks: readonly Sink[]): Cell | undefined {
  const places = [...machine.given.keys()].filter((it) => isPlace(it.label))
  const facts = machine.facts.filter((it) => it.certain && !it.isOpening)
  const reached = spreadGiven(facts, new Map(places.map((it) => [it, it])), ({ values }) => values)
  return sinks.flatMap(({ values }) => [...values].flatMap((cell) => reached.get(cell) ?? []))[0]
}

/** Whether another value of what the machine gives would show in one of the sinks: conditions and single elements of lists may hide it. */
function isShown(machine: Machine, given: Cell, sinks: readonly Sink[]): boolean {
  // Of all variables of the environment another one may have shown.
  if (given.label.endsWith('*')) return false
  const facts = machine.facts.filter((it) => !it.isPart)
  const reached = spreadGiven(facts, new Map([[given, given]]), ({ values }) => values)
  return sinks.some(({ direct }) => [...direct].some((cell) => reached.has(cell)))
}

/** Variables of the environment and the like: they are not recorded, but last for a whole run. */
function isSetting({ label }: Cell): boolean {
  return isSettingOfMachine(label)
}

/** Everything that what stands before the main loops computes of what the machine gives, by what that is. */
function givenBehind(machine: Machine): ReadonlyMap<Cell, Cell> {
  const own = new Map(
    [...machine.given.keys()].filter((it) => !isPlace(it.label)).map((cell) => [cell, cell]),
  )
  return spreadGiven(
    machine.facts.filter((it) => it.isBefore),
    own,
  )
}

/** Without the questions about files that show in something recorded that is produced again, too: the fidelity check would tell other files. */
function withoutCompared(
  machine: Machine,
  given: ReadonlyMap<Cell, Cell>,
  wanted: readonly Sink[],
  names: readonly string[],
): ReadonlyMap<Cell, Cell> {
  const compared = machine.sinks.filter(
    (it) => !wanted.includes(it) && it.name !== undefined && names.includes(it.name),
  )
  const questions = [...machine.given.keys()].filter((it) => isFileQuery(it.label))
  const shown = new Set(questions.filter((it) => isShown(machine, it, compared)))
  return shown.size === 0 ? given : new Map([...given].filter(([, origin]) => !shown.has(origin)))
}

/**
 * Jumps do not count here: whether the clock ended a training is recorded, and only what was executed then is executed again.
 */
function spreadGiven(
  facts: readonly Fact[],
  from: ReadonlyMap<Cell, Cell>,
  readsOf: (fact: Fact) => ReadonlySet<Cell> = ({ direct }) => direct,
): ReadonlyMap<Cell, Cell> {
  if (from.size === 0) return from
  const reached = new Map(from)
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const fact of facts) {
      for (const cell of readsOf(fact)) {
        const origin = reached.get(cell)
        if (origin === undefined) continue
        for (const target of fact.targets) if (!reached.has(target)) reached.set(target, origin)
        break
      }
    }
  }
  return reached
}

function hitGiven(
  facts: readonly Fact[],
  from: ReadonlyMap<Cell, Cell>,
  sinks: readonly Sink[],
): Cell | undefined {
  if (from.size === 0) return undefined
  const reached = spreadGiven(facts, from)
  for (const { direct } of sinks) {
    for (const cell of direct) {
      const origin = reached.get(cell)
      if (origin !== undefined) return origin
    }
  }
  return undefined
}

function orGiven(
  machine: Machine,
  verdict: Verdict,
  facts: readonly Fact[],
  given: ReadonlyMap<Cell, Cell>,
  sinks: readonly Sink[],
): Verdict {
  if (verdict.verdict === 'unsound') return verdict
  const origin = hitGiven(facts, given, sinks)
  if (origin === undefined) return verdict
  const place = machine.given.get(origin) ?? { path: '', line: 0 }
  return {
    verdict: 'unsound',
    reason: `the statement depends on \`${origin.label}\` (${place.path}:${place.line}): what that gave in the past run cannot be had again`,
    variable: origin.label,
    ...place,
  }
}

function isInside(machine: Machine, sink: Sink): boolean {
  const { path, start, end } = machine.wanted
  return sink.path === path && sink.start >= start && sink.start < end
}

function soundNames(all: readonly Sink[], assess: (sinks: readonly Sink[]) => Verdict): string[] {
  const byName = new Map<string, Sink[]>()
  for (const sink of all) {
    // A name that is computed may be any name.
    if (sink.name === undefined) return []
    byName.set(sink.name, [...(byName.get(sink.name) ?? []), sink])
  }
  return [...byName].filter(([, sinks]) => assess(sinks).verdict === 'sound').map(([name]) => name)
}

/** What iterations that are passed over would have written. */
function carriedCells(machine: Machine, mains: readonly Region[], position: Position): Stale[] {
  const stale: Stale[] = []
  for (const main of mains) {
    if (position.kind !== 'prefix') stale.push(...carriedInMain(machine, main, mains.length === 1, position))
    for (const outer of main.path.filter((it) => it.role === 'open')) {
      const why = `iterations of the outer loop \`${outer.name}\` carry it along`
      const isNew = (cell: Cell) => isNewEachTime(machine, cell, outer)
      stale.push(...writtenCells(machine, (it) => it.isWithin(outer), isNew, notRestored, why))
    }
  }
  return stale
}

function carriedInMain(machine: Machine, main: Region, isOnly: boolean, position: Position): Stale[] {
  const isFresh = (cell: Cell) =>
    isNewEachTime(machine, cell, main) ||
    (position.kind !== 'suffix' && isOnly && isAssignedFirst(cell, main))
  return writtenCells(
    machine,
    (it) => it.isWithin(main) && it.isIteration,
    isFresh,
    exempt(machine, main, main),
    `iterations of \`${main.name}\` carry it along, and it is not checkpointed`,
  )
}

/**
 * What the main loop's source computes from things that its iterations write: while they are passed over, the source sees these
 * as they were at first, be they checkpointed or not.
 */
function passedSources(machine: Machine, main: Region): Stale[] {
  const isSource = (region: Region) =>
    region.path.some((it) => it.node === main.node && it.role === 'main' && it.part === 'source')
  const because = `the source of \`${main.name}\` reads it, and passed iterations do not write it`
  const isFresh = (cell: Cell) => isNewEachTime(machine, cell, main)
  const written = writtenCells(machine, (it) => it.isWithin(main), isFresh, notRestored, because)
  const reached = (certain: boolean) => {
    const facts = machine.facts.filter((it) => isSource(it.region) && (it.certain || !certain))
    const from = written.filter((it) => it.certain || !certain)
    const direct = new Set(from.map((it) => it.cell))
    return [...spread(facts, from)]
      .filter(([cell]) => !direct.has(cell))
      .map(([cell, origin]): Stale => ({ ...origin, cell, certain }))
  }
  return [...reached(true), ...reached(false)]
}

/** What nested loops that are not entered would have written. */
function nestedCells(machine: Machine, main: Region): Stale[] {
  const regions = [...new Set(machine.facts.map((it) => it.region))].filter(
    (it) => it.isNested && it.isWithin(main),
  )
  const tops = [...new Set(regions.map((it) => it.path.find((step) => step.role === 'nested') as Region))]
  return tops.flatMap((top) =>
    writtenCells(
      machine,
      (it) => it.isWithin(top),
      (cell) => isNewEachTime(machine, cell, top),
      exempt(machine, main, top),
      `the nested loop \`${top.name}\` writes it, and it is not checkpointed`,
    ),
  )
}

const notRestored = (): Exemption => ({ kind: 'no' })

function writtenCells(
  machine: Machine,
  isThere: (region: Region) => boolean,
  isFresh: (cell: Cell) => boolean,
  exemptionOf: (cell: Cell) => Exemption,
  because: string,
): Stale[] {
  const found = new Map<Cell, Stale>()
  for (const fact of machine.facts) {
    if (!isThere(fact.region) && fact.region !== machine.anytimeRegion) continue
    for (const cell of fact.targets) {
      // The generator's state belongs to every checkpoint.
      if (cell === machine.generator) continue
      if (cell.isOfIteration || found.get(cell)?.certain || isFresh(cell)) continue
      const exemption = exemptionOf(cell)
      if (exemption.kind === 'yes') continue
      const isCertain = fact.certain && exemption.kind === 'no'
      found.set(cell, {
        cell,
        fact,
        certain: isCertain,
        because: exemption.kind === 'maybe' ? exemption.why : because,
      })
    }
  }
  return [...found.values()]
}

/** Objects that a restore makes anew while something else holds those that were there: at the end of main iterations, or behind nested loops. */
export function exposedObjects(machine: Machine, main: Region): AbstractObject[] {
  const state = new CheckpointedState(machine, main)
  const tops = new Set(
    machine.facts
      .filter((it) => it.region.isNested && it.region.isWithin(main))
      .map((it) => it.region.path.find((step) => step.role === 'nested') as Region),
  )
  return [main, ...tops].flatMap((it) => state.exposed(it))
}

/** What the loops put into checkpointed state, and no restore could make anew. */
export function strangePart(
  machine: Machine,
): { readonly object: AbstractObject; readonly why: string } | undefined {
  for (const { region } of machine.mainVisits) {
    const found = new CheckpointedState(machine, region).strange
    if (found !== undefined) return found
  }
  return undefined
}

/** Which cells a checkpoint restores, at the end of main iterations or behind a nested loop. */
function exempt(machine: Machine, main: Region, region: Region): (cell: Cell) => Exemption {
  const state = new CheckpointedState(machine, main)
  return (cell) => state.exemptionOf(cell, region)
}

/** Spreads staleness through what is executed until nothing changes, and looks whether it reaches what the sinks read. */
function follow(facts: readonly Fact[], sources: readonly Stale[], sinks: readonly Sink[]): Verdict {
  const certain = spread(
    facts.filter((it) => it.certain),
    sources.filter((it) => it.certain),
  )
  const hit = firstHit(certain, sinks)
  if (hit !== undefined) return describe('unsound', hit)
  const possible = firstHit(spread(facts, sources), sinks)
  if (possible !== undefined) return describe('unknown', possible)
  return { verdict: 'sound', reason: 'nothing that the statement reads is left out' }
}

function spread(facts: readonly Fact[], sources: readonly Stale[]): Map<Cell, Stale> {
  const stale = new Map<Cell, Stale>(sources.map((it) => [it.cell, it]))
  const readers = new Map<Cell, Fact[]>()
  for (const fact of facts) {
    for (const cell of fact.reads) {
      const list = readers.get(cell)
      if (list === undefined) readers.set(cell, [fact])
      else list.push(fact)
    }
  }
  const queue = [...stale.keys()]
  for (let cell = queue.pop(); cell !== undefined; cell = queue.pop()) {
    const origin = stale.get(cell) as Stale
    for (const fact of readers.get(cell) ?? []) {
      for (const target of fact.targets) {
        if (stale.has(target)) continue
        stale.set(target, origin)
        queue.push(target)
      }
    }
  }
  return stale
}

function firstHit(stale: ReadonlyMap<Cell, Stale>, sinks: readonly Sink[]): Stale | undefined {
  for (const sink of sinks) for (const cell of sink.reads) if (stale.has(cell)) return stale.get(cell)
  return undefined
}

function describe(verdict: 'unsound' | 'unknown', { cell, fact, because }: Stale): Verdict {
  const variable = cell.label
  const where = `${fact.path}:${fact.line}`
  const may = verdict === 'unknown' ? ' may' : ''
  return {
    verdict,
    reason: `the statement${may} depend${may === '' ? 's' : ''} on \`${variable}\` (${where}): ${because}`,
    variable,
    path: fact.path,
    line: fact.line,
  }
}

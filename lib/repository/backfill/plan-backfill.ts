import { existsSync } from 'node:fs'
import type { RunEntry } from '../../db/run-entry.js'
import { type FlorConfig, readFlorConfigSync } from '../../git/config.js'
import { keptObjectPath, lfsObjectPath, lfsObjectsDirSync } from '../../git/lfs-paths.js'
import { listRemotes } from '../../git/sharing.js'
import { type Context, contextKey } from '../../model/context.js'
import { FlorError, isFlorError } from '../../model/errors.js'
import type { ReplayLevel } from '../../model/run.js'
import type { ReplayCosts } from '../../replay/costs.js'
import type { CheckMode } from '../../replay/level-check.js'
import { type PlanRequest, planRun } from '../../replay/planner.js'
import type { Position } from '../../replay/source-project.js'
import type { RunPlan } from '../../replay/task.js'
import type { Availability, RecordedRun } from '../../replay/timeline.js'
import { withStates } from '../checkpoints.js'
import type { FlorRepository } from '../flor-repository.js'
import type { BackfillPlan, BackfillRequest, BackfillRow, GroupPlan, PlannedRow } from './backfill-plan.js'
import { Carrier } from './carry.js'
import { CostRecord } from './cost-record.js'
import { findDifferences } from './environment-differences.js'
import { findWanted } from './find-wanted.js'
import { findPlaces, isMissing } from './missing.js'
import { scheduleWithChecks } from './plan-checks.js'
import { type RowSelection, Selection } from './selection.js'
import { groupStatements, projectAt, type StatementGroup } from './statements.js'

/** How checkpoints' files are found while planning. */
interface CheckpointFiles {
  readonly availabilityOf: (sha256: string) => Availability
  readonly pathOf: (sha256: string) => string
}

export interface PlanOptions {
  /** How many share the work; 1 where absent. */
  readonly workers?: number
  /** Wall-clock time that may be spent: runs that do not fit are deferred. */
  readonly budgetMs?: number
  /** Ends the planning. */
  readonly signal?: AbortSignal
  /** Called for each run as it is looked at. */
  readonly onRun?: (done: number) => void
  /** Checkpoint files that turned out to exist nowhere. */
  readonly lost?: ReadonlySet<string>
  /** Whether replays will get the packages of their own lock files; see {@link findDifferences}. */
  readonly installs?: boolean
  /** Whether levels that the analysis calls sound are checked, see {@link planLevelCheck}; `flor.check` where absent. */
  readonly check?: CheckMode
}

/**
 * Plans a backfill: finds the wanted statements in the working tree, carries them into the version of each run that the predicate
 * holds for, and plans the cheapest sound replay of what is missing. Executes nothing; writes objects only.
 * @throws FlorError BARE_REPOSITORY, STATEMENT_NOT_FOUND, SOURCE_SYNTAX (of the working tree), PREDICATE_TYPE, INTERRUPTED
 */
export async function planBackfill(
  repository: FlorRepository,
  request: BackfillRequest,
  options: PlanOptions = {},
): Promise<BackfillPlan> {
  const wanted = request.wanted ?? findWanted(repository, request.names)
  const carrier = new Carrier(repository, wanted)
  const files = await checkpointFiles(repository, options.lost ?? new Set())
  const index = await repository.index()
  // Read now: sealing the first run of a clone has only just given the clone its writer.
  const config = readFlorConfigSync(repository.location)
  const selection = new Selection(repository, request.where)
  const costs = await CostRecord.read(repository)
  const { workers = 1, budgetMs } = options
  const found: BackfillRow[] = []
  for await (const entry of index.runs({ newestFirst: true })) {
    const selected = await selection.ofRun(entry)
    if (selected === undefined) continue
    if (options.signal?.aborted === true) throw new FlorError('interrupted', { code: 'INTERRUPTED' })
    const costsAt = (level?: ReplayLevel) => costs.costsFor(entry, workers, level)
    const { names } = request
    const onLoops = (loops: Iterable<string>): void => selection.addLoops(loops)
    const row = await planRow(
      { repository, carrier, config, files, names, selected, onLoops, costsAt },
      entry,
    )
    if (row !== undefined) found.push(row)
    options.onRun?.(found.length)
  }
  selection.requireNames()
  const check = options.check ?? repository.config.check
  const { rows, schedule } = await scheduleWithChecks(found, await repository.objects(), check, {
    workers,
    ...(budgetMs === undefined ? {} : { budgetMs }),
    costsFor: (entry, sharing, level) => costs.costsFor(entry, sharing, level),
  })
  const planned = rows.flatMap((row) => (row.status === 'planned' ? [row.entry] : []))
  const differences = await findDifferences(repository, planned, {
    tree: wanted.tree,
    installs: options.installs === true,
  })
  // The user may think about the plan, and replays take long: other commands want the index meanwhile.
  await repository.refresh()
  const estimateMs = rows.reduce((sum, row) => sum + (row.status === 'planned' ? row.estimateMs : 0), 0)
  return { request, wanted, rows, estimateMs, schedule, check, differences }
}

interface RowPlanning {
  readonly repository: FlorRepository
  readonly carrier: Carrier
  readonly config: FlorConfig
  readonly files: CheckpointFiles
  readonly names: readonly string[]
  readonly selected: RowSelection
  /** Told of every loop that the run has. */
  readonly onLoops: (loops: Iterable<string>) => void
  /** What replays of the run cost, at a level or at any. */
  readonly costsAt: (level?: ReplayLevel) => ReplayCosts
}

/** Undefined when the predicate holds in no iteration of the run. */
async function planRow(planning: RowPlanning, entry: RunEntry): Promise<BackfillRow | undefined> {
  const { repository, carrier } = planning
  const carried = await carrier.carry(entry.run)
  const base = { entry, files: carried.files }
  if (carried.status === 'refused')
    return { ...base, status: 'refused', reason: carried.reason, candidates: carried.candidates }
  const { patched, digests, files } = carried
  if (entry.header.observed === true) {
    // Its generator, seeds and arguments are not known: a replay would give other values, and nothing to tell it by.
    const reason = 'it was recorded from outside: what its generator drew is not known'
    return { ...base, status: 'refused', reason, candidates: [] }
  }
  if (patched === entry.run) return { ...base, status: 'complete', why: 'its code logged it already' }
  const refuse = (reason: string): BackfillRow => ({ ...base, status: 'refused', reason, candidates: [] })
  const recorded = await (await repository.index()).recordSegment(entry.run)
  if (recorded === undefined) return refuse('its record cannot be read')
  const record = { ...recorded, checkpoints: await withStates(repository, entry.run, recorded.checkpoints) }
  if (record.warnings.some((text) => /^run \d+ of its process/.test(text))) {
    return refuse('it was not the first run of its process, and where it began cannot be replayed')
  }

  const plans: GroupPlan[] = []
  const missing: Context[] = []
  let hasPlaces = false
  try {
    const project = projectAt(repository, patched, entry.header.script)
    for (const group of groupStatements(project, files, planning.names)) {
      if (group.irreproducible !== undefined) {
        return refuse(`it reads ${group.irreproducible}: what that gave in the past run cannot be had again`)
      }
      planning.onLoops([...group.position.loops, ...record.timeline.map((it) => it.loop)])
      const position = entersAgain(record, group) ? repeated(group.position) : group.position
      const query = {
        entry,
        record,
        digests,
        names: group.names,
        position,
        ...planning.selected,
      }
      const places = findPlaces(query)
      hasPlaces ||= places.length > 0
      const wanted = places.filter((context) => isMissing(query, context))
      if (wanted.length === 0) continue
      const ask: PlanRequest = {
        run: record,
        wanted,
        position,
        soundness: group.soundness,
        ...planning.files,
      }
      const { request, plan } = planAtCost(ask, planning.costsAt)
      if (plan.status === 'refused') return refuse(plan.reason)
      plans.push({ names: group.names, request, plan, comparable: group.soundness.comparable })
      missing.push(...wanted)
    }
  } catch (error) {
    if (isFlorError(error, 'SOURCE_SYNTAX')) return refuse(error.message)
    throw error
  }
  if (plans.length === 0)
    return hasPlaces ? { ...base, status: 'complete', why: 'backfilled before' } : undefined
  const row: PlannedRow = {
    ...base,
    status: 'planned',
    patched,
    digests,
    plans,
    wanted: distinct(missing),
    estimateMs: plans.reduce((sum, { plan }) => sum + plan.estimateMs, 0),
    untrusted: untrustedWriters(planning.config, entry),
  }
  return row
}

/** Levels differ in how far recorded durations go, so the level is found first. It does not depend on costs. */
function planAtCost(
  ask: PlanRequest,
  costsAt: RowPlanning['costsAt'],
): { readonly request: PlanRequest; readonly plan: RunPlan } {
  const first = planRun(ask)
  const request = { ...ask, costs: costsAt(first.status === 'planned' ? first.level : undefined) }
  return { request, plan: planRun(request) }
}

/**
 * Whether a main loop was entered more often in one context than there are loops of that name, as from a plain loop around it: what stands around it is
 * executed several times, too.
 */
function entersAgain({ timeline }: RecordedRun, { mainLoops }: StatementGroup): boolean {
  const keys = mainLoops.map((it) => it.join('\0'))
  return timeline.some(({ role, pass, context, loop }) => {
    const key = [...context.map((it) => it.loop), loop].join('\0')
    return role === 'main' && pass > 0 && pass >= keys.filter((it) => it === key).length
  })
}

function repeated(position: Position): Position {
  const why = 'its main loop is entered several times by a loop that is no flor.loop'
  return { kind: 'unknown', loops: [], outerLoops: 0, why: position.kind === 'unknown' ? position.why : why }
}

/** Own runs need no trust. A run of which several writers hold segments needs that of all: any of them may have made its command line up. */
function untrustedWriters({ writer, trust }: FlorConfig, entry: RunEntry): readonly string[] {
  return entry.writers.filter((it) => it !== writer && !trust.includes(it))
}

function distinct(contexts: readonly Context[]): Context[] {
  return [...new Map(contexts.filter((it) => it.length > 0).map((it) => [contextKey(it), it])).values()]
}

async function checkpointFiles(
  repository: FlorRepository,
  lost: ReadonlySet<string>,
): Promise<CheckpointFiles> {
  const { location } = repository
  const objectsDir = lfsObjectsDirSync(location)
  const hasRemote = (await listRemotes(location)).length > 0
  const known = new Map<string, Availability>()
  return {
    pathOf: (sha256) => keptObjectPath(location, sha256),
    availabilityOf: (sha256) => {
      const before = known.get(sha256)
      if (before !== undefined) return before
      const isHere =
        existsSync(keptObjectPath(location, sha256)) || existsSync(lfsObjectPath(objectsDir, sha256))
      const availability =
        isHere && !lost.has(sha256) ? 'present' : hasRemote && !lost.has(sha256) ? 'fetchable' : 'lost'
      known.set(sha256, availability)
      return availability
    },
  }
}

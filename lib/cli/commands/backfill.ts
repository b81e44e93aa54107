import { availableParallelism } from 'node:os'
import { FlorError } from '../../model/errors.js'
import type { CheckMode } from '../../replay/level-check.js'
import type { BackfillPlan } from '../../repository/backfill/backfill-plan.js'
import { planBackfill } from '../../repository/backfill/plan-backfill.js'
import { nameRecentCommits } from '../../repository/commit-names.js'
import { nonNegative, timeSpan, wholeNumber } from '../arguments/coerce.js'
import { type CommandOptions, defineCommand, type OptionTable } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { placedIn } from '../errors/placed-in.js'
import { toJson } from '../formats/json.js'
import { sanitizeLine } from '../render/sanitize.js'
import { planToJson } from '../views/backfill-json.js'
import { formatDeferred, formatPlan, formatPlanTotal } from '../views/backfill-plan.js'
import { exitCodeWithoutWork } from './backfill-exit-code.js'
import { formatRequest, isOfNames, readRequest } from './backfill-request.js'
import { confirmTrust } from './backfill-trust.js'

const OPTIONS = {
  at: {
    type: 'string',
    argument: '<file>:<line>',
    describe: 'log expressions before what stands on that line, without editing the file',
  },
  in: { type: 'string', argument: '<loop>', describe: "log expressions at the end of that flor loop's body" },
  file: {
    type: 'string',
    argument: '<file>',
    describe: 'the file of the loop, where several have one of that name',
  },
  'dry-run': { type: 'boolean', describe: 'show the plan only; nothing is executed' },
  yes: { type: 'boolean', alias: 'y', describe: 'start without asking' },
  explain: { type: 'string', argument: '<run>', describe: 'show what would be done in one run, and why' },
  tolerance: {
    type: 'string',
    argument: '<x>',
    describe: 'relative difference up to which a number that is produced again counts as equal; default 0',
    coerce: nonNegative('--tolerance'),
  },
  timeout: {
    type: 'string',
    argument: '<span>',
    describe: 'end a replay that takes longer: 90s, 10m, 1h30m',
    coerce: timeSpan('--timeout'),
  },
  install: {
    type: 'boolean',
    describe:
      "replay with the packages of each run's own lock file, not with those of your working tree; their install scripts do not run",
  },
  trial: {
    type: 'boolean',
    describe:
      'where analysis cannot tell whether checkpoints do, let two iterations decide; faster, less sure',
  },
  check: {
    type: 'boolean',
    describe:
      'execute an early iteration from its checkpoint and from the start, and compare, before values are stored; default flor.check, else where that is cheap',
  },
  jobs: {
    type: 'string',
    alias: 'j',
    argument: '<n>',
    describe: 'worker processes at once; default flor.jobs, else one a processor',
    coerce: wholeNumber('--jobs', 1),
  },
  budget: {
    type: 'string',
    argument: '<span>',
    describe: 'take no more runs, newest first, than fit into this time: 90s, 10m, 1h30m',
    coerce: timeSpan('--budget'),
  },
  json: { type: 'boolean', describe: 'print the plan, or what came of it, as JSON (docs/json.md)' },
} as const satisfies OptionTable

/** The options of `git flor backfill`. */
export type BackfillOptions = CommandOptions<typeof OPTIONS>

/** `git flor backfill`: values that past runs never logged. */
export const backfill = defineCommand({
  name: 'backfill',
  usage: [
    "[<options>] '<name>[, <name>...] [where <predicate>]'",
    "(--at <place> | --in <loop>) '<expr> as <name>...'",
  ],
  description:
    'Takes the statements of your working tree that log these names, carries them into the code of each past run that fits, and executes those parts of the runs again that produce the missing values: from checkpoints, in worktrees of its own. With --at or --in, statements that log the given expressions are made, and your files stay as they are. The plan is shown first. Exit code 2: some runs got their values, others did not.',
  options: OPTIONS,
  examples: [
    ["backfill 'grad_norm where lr > 0.001 and epoch >= 5'", 'after adding a flor.log of it'],
    ["backfill 'norm(model.getWeights()) as wnorm' --in epoch", 'without editing the script'],
    ['backfill grad_norm --dry-run', 'what it would cost, and what cannot be done'],
    ['backfill grad_norm --explain 77d31e0', 'why one run is refused'],
    ['backfill grad_norm -j4 --budget 10m', 'four workers, ten minutes: the newest runs that fit'],
  ],
  arity: { min: 1, max: Number.POSITIVE_INFINITY },
  endsOnInterrupt: true,
  async run(context, options) {
    const request = await readRequest(context, options)
    if (options.explain !== undefined) {
      const { explainBackfill } = await import('./backfill-explain.js')
      return explainBackfill(context, request, options.explain, checkOf(options))
    }
    const repository = await context.repository()
    const makePlan = (wanted = request.wanted) =>
      planBackfill(
        repository,
        { ...request, ...(wanted && { wanted }) },
        {
          workers: options.jobs ?? repository.config.jobs ?? availableParallelism(),
          ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
          signal: context.io.signal,
          installs: options.install === true,
          ...checkOf(options),
          onRun: (done) => repository.step({ what: `planning: run ${done}` }),
        },
      ).catch((error: unknown) => {
        // Of an expression's request, the predicate is read by itself: its places are not those of the whole.
        throw placedIn(error, isOfNames(options) ? options.arguments.join(' ') : undefined)
      })
    const plan = await makePlan()
    repository.step(undefined)
    if (options.json !== true) await printPlan(context, plan, formatRequest(options))
    const isEmpty = plan.rows.every((row) => row.status !== 'planned')
    if (options.dryRun === true || isEmpty) {
      if (options.json === true) await context.out.print(`${toJson(planToJson(plan))}\n`)
      return exitCodeWithoutWork(plan)
    }
    const agreed = await confirmTrust(context, plan)
    if (!(await confirm(context, agreed, options))) return ExitCode.failed
    const { executeAlone } = await import('./backfill-execute.js')
    return executeAlone(context, agreed, options, () => makePlan(plan.wanted))
  },
})

/** `--check` and `--no-check`. */
function checkOf({ check }: Pick<BackfillOptions, 'check'>): { readonly check?: CheckMode } {
  return check === undefined ? {} : { check: check ? 'always' : 'never' }
}

async function printPlan(context: CommandContext, plan: BackfillPlan, request: string): Promise<void> {
  const [style, names] = await Promise.all([
    context.style(),
    context.repository().then((repository) => nameRecentCommits(repository)),
  ])
  await context.out.lines([...formatPlan(plan, { columns: context.columns, style, names }), ''])
  const isNothing = plan.rows.length > 0 && plan.rows.every((row) => row.status === 'complete')
  if (isNothing) await context.out.lines(['nothing to do: no value is missing'])
  else if (plan.rows.some((row) => row.status === 'planned')) await context.out.lines([formatPlanTotal(plan)])
  else if (isAllRefused(plan))
    await context.out.lines([style.warn('nothing can be done: every run that lacks values is refused')])
  const deferred = formatDeferred(plan)
  if (deferred !== undefined) await context.out.lines([style.warn(deferred)])
  const refused = plan.rows.find((row) => row.status === 'refused')
  if (refused !== undefined) {
    const command = `${request} --explain ${refused.entry.run.slice(0, 7)}`
    await context.out.lines([style.faint(`hint: ${sanitizeLine(command)}    shows what was tried there`)])
  }
  await context.out.flush()
}

function isAllRefused({ rows }: BackfillPlan): boolean {
  return (
    rows.some((row) => row.status === 'refused') &&
    rows.every((row) => row.status === 'refused' || row.status === 'complete')
  )
}

/** Asks on a terminal. @throws FlorError NOT_CONFIRMED where there is none and `--yes` is absent */
async function confirm(
  context: CommandContext,
  plan: BackfillPlan,
  options: BackfillOptions,
): Promise<boolean> {
  if (options.yes === true) return true
  if (!context.canAsk) {
    throw new FlorError('this would execute past code, and there is no terminal to ask on', {
      code: 'NOT_CONFIRMED',
      data: { names: plan.request.names },
    })
  }
  return context.ask('Go on?')
}

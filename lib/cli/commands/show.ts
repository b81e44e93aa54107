import { nameRecentCommits } from '../../repository/commit-names.js'
import { resolveRun } from '../../repository/resolve-run.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { JSON_VERSION, toJson } from '../formats/json.js'
import { backfillToJson, formatBackfill } from '../views/backfill-record.js'
import { formatRunDetails } from '../views/run-details.js'
import { runToJson } from '../views/run-json.js'

/** `git flor show`: one run, everything but single values. */
export const show = defineCommand({
  name: 'show',
  usage: ['[--json] [<run>...]', '--output [<run>...]', '[--json] --backfill <id>'],
  description:
    'Shows runs: command, code, arguments, metrics, backfills, checkpoints, environment. A run is named by the first digits of its oid, by `latest`, or by a revision of git: the run commit itself, or the commit that the run was based on. Without a name, the newest run is shown. Its code is that commit: git show <run>, git checkout <run>.',
  options: {
    backfill: {
      type: 'string',
      argument: '<id>',
      describe: 'show one replay of a backfill: what it stored, or the last that it printed before it failed',
    },
    output: { type: 'boolean', describe: 'print what the run printed, as far as it is kept' },
    json: { type: 'boolean', describe: 'print JSON (docs/json.md)' },
  },
  examples: [
    ['show', 'the newest run'],
    ['show 3f2a9c1', 'this one'],
    ['show --output latest', 'what the newest run printed'],
    ['show --backfill mwswosns', 'a replay, which failed perhaps'],
  ],
  arity: { min: 0, max: Number.POSITIVE_INFINITY },
  paged: true,
  async run(context, options) {
    const repository = await context.repository()
    if (options.backfill !== undefined) {
      const { findBackfill } = await import('../../repository/backfill/find-backfill.js')
      const found = await findBackfill(repository, options.backfill)
      if (options.json === true) await context.out.print(`${toJson(backfillToJson(found))}\n`)
      else await context.out.lines(formatBackfill(found, await context.style()))
      return ExitCode.ok
    }
    const asked = options.arguments.length === 0 ? ['latest'] : options.arguments
    const entries = []
    for (const text of asked) entries.push(await resolveRun(repository, text))
    if (options.output === true) {
      const { printOutputs } = await import('./show-output.js')
      return printOutputs(context, repository, entries)
    }
    if (options.json === true) {
      const runs = entries.map((entry) => `\n${toJson(runToJson(entry))}`)
      await context.out.print(`{"version":${JSON_VERSION},"kind":"runs","runs":[${runs.join(',')}\n]}\n`)
      return ExitCode.ok
    }
    const [style, names] = await Promise.all([context.style(), nameRecentCommits(repository)])
    const layout = { columns: context.columns, nowMs: context.io.now(), style, names }
    for (const [i, entry] of entries.entries()) {
      if (i > 0) await context.out.print('\n')
      await context.out.lines(formatRunDetails(entry, layout))
    }
    return ExitCode.ok
  },
})

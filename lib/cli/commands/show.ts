import type { RunEntry } from '../../db/run-entry.js'
import { inRepository } from '../../git/location.js'
import { git, splitItems } from '../../git/process.js'
import { isFlorError } from '../../model/errors.js'
import { changedFiles } from '../../repository/changed-files.js'
import { nameRecentCommits } from '../../repository/commit-names.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { resolveRun } from '../../repository/resolve-run.js'
import { wholeValues } from '../../repository/whole-values.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { JSON_VERSION, type Jsonable, toJson } from '../formats/json.js'
import { charsetOf } from '../plot/charset.js'
import { backfillToJson, formatBackfill } from '../views/backfill-record.js'
import { formatRunDetails } from '../views/run-details.js'
import { runToJson } from '../views/run-json.js'
import { loopTotals } from '../views/run-timings.js'
import { chooseDiffColour } from './git-diff.js'

/** `git flor show`: one run, everything but single values. */
export const show = defineCommand({
  name: 'show',
  usage: ['[--json] [<run>...]', '--output [<run>...]', '[--json] --backfill <id>'],
  description:
    'Shows runs: command, code, arguments, metrics, backfills, checkpoints, environment. A run is named by the first digits of its oid, by `latest` (`latest~2` is the second before it), or by a revision of git: the run commit itself, or the commit that the run was based on. Without a name, the newest run is shown. Its code is that commit: git show <run>, git switch --detach <run>.',
  options: {
    backfill: {
      type: 'string',
      argument: '<id>',
      describe: 'show one replay of a backfill: what it stored, or the last that it printed before it failed',
    },
    output: { type: 'boolean', describe: 'print what the run printed, as far as it is kept' },
    charts: { type: 'boolean', default: true, describe: 'draw the metrics; --no-charts leaves that out' },
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
      const runs: string[] = []
      for (const entry of entries) {
        const members = {
          ...runToJson(await wholeValues(repository, entry)),
          ...(await recordToJson(repository, entry)),
        }
        runs.push(`\n${toJson(members)}`)
      }
      await context.out.print(`{"version":${JSON_VERSION},"kind":"runs","runs":[${runs.join(',')}\n]}\n`)
      return ExitCode.ok
    }
    const [style, names] = await Promise.all([context.style(), nameRecentCommits(repository)])
    const index = await repository.index()
    for (const [i, entry] of entries.entries()) {
      if (i > 0) await context.out.print('\n')
      const record = await index.recordSegment(entry.run)
      const layout = {
        columns: context.columns,
        nowMs: context.io.now(),
        style,
        names,
        charset: charsetOf(context.io.env),
        charts: options.charts,
        advice: entries.length === 1,
        codeLines: await codeLines(context, repository, entry),
        ...(record === undefined ? {} : { record }),
      }
      await context.out.lines(formatRunDetails(entry, layout))
    }
    return ExitCode.ok
  },
})

/** `git diff --stat` from the base to the run, empty where the run was of exactly that commit, or the first there was. */
async function codeLines(
  context: CommandContext,
  repository: FlorRepository,
  { header, run }: RunEntry,
): Promise<string[]> {
  if (header.base === undefined || header.clean) return []
  const colour = await chooseDiffColour(context, repository.location)
  const args = [
    'diff',
    `--color=${colour}`,
    `--stat=${Math.max(20, context.columns - 4)}`,
    header.base,
    run,
    '--',
  ]
  // A base that is not here (of a shallow clone, say) is no reason to show nothing else.
  const answer = await git(args, { ...inRepository(repository.location), expectExit: [0, 128] })
  if (answer.exitCode !== 0) return [`its base ${header.base.slice(0, 7)} is not here`]
  return splitItems(answer.stdout, '\n').map((line) => line.replace(/^ /, ''))
}

/** What `show --json` tells beyond `log --json`: where the time went, and which files the code has other than its base. */
async function recordToJson(
  repository: FlorRepository,
  { header, run }: RunEntry,
): Promise<{ readonly [key: string]: Jsonable }> {
  const record = await (await repository.index()).recordSegment(run)
  const files =
    header.base === undefined || header.clean
      ? undefined
      : await changedFiles(repository.location, header.base, run).catch((error: unknown) => {
          if (isFlorError(error, 'GIT_FAILED')) return undefined
          throw error
        })
  return {
    loops: record === undefined ? undefined : loopTotals(record.timeline).map((loop) => ({ ...loop })),
    changedFiles: files?.map((file) => ({ ...file })),
  }
}

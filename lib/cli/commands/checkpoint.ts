import { resolve } from 'node:path'
import { FlorError } from '../../model/errors.js'
import { extractCheckpoints, type ListedCheckpoint, listCheckpoints } from '../../repository/checkpoints.js'
import { resolveRun } from '../../repository/resolve-run.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { JSON_VERSION, toJson } from '../formats/json.js'
import { counted, formatSize } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { layoutTable } from '../render/table.js'

/** `git flor checkpoint`: lists the checkpoints of a run, or copies them out. */
export const checkpoint = defineCommand({
  name: 'checkpoint',
  usage: ['[<run>] [--json]', '[<run>] --extract <dir> [--only <checkpoint>]...'],
  description:
    'Lists the checkpoints of a run (the newest one, where none is named), or copies their files out: tensors as safetensors, everything else as msgpack. Files that are not on this machine are fetched through Git LFS.',
  options: {
    extract: { type: 'string', argument: '<dir>', describe: 'copy the files there, one folder a checkpoint' },
    only: {
      type: 'string',
      array: true,
      argument: '<checkpoint>',
      describe: 'only this one, as listed: epoch=4; may be repeated',
    },
    json: { type: 'boolean', describe: 'print JSON (docs/json.md)' },
  },
  examples: [
    ['checkpoint 3f2a9c1', 'what there is'],
    ['checkpoint 3f2a9c1 --extract best --only epoch=6', 'one of them, into best/epoch=6/'],
  ],
  arity: { min: 0, max: 1 },
  paged: true,
  async run(context, options) {
    const repository = await context.repository()
    const run = await resolveRun(repository, options.arguments[0] ?? 'latest')
    const listed = chosen(await listCheckpoints(repository, run), options.only ?? [], run.run)
    if (options.extract !== undefined) {
      const written = await extractCheckpoints(repository, listed, resolve(context.cwd, options.extract))
      await context.out.lines(written.map(sanitizeLine))
      return ExitCode.ok
    }
    if (options.json === true) {
      const checkpoints = listed.map(({ name, sizeBytes, isHere, checkpoint: { files } }) => ({
        name,
        sizeBytes,
        isHere,
        files: files.map((file) => ({ name: file.name, sha256: file.sha256, sizeBytes: file.sizeBytes })),
      }))
      await context.out.print(
        `${toJson({ version: JSON_VERSION, kind: 'checkpoints', run: run.run, checkpoints })}\n`,
      )
      return ExitCode.ok
    }
    if (listed.length === 0) context.note(`run ${run.run.slice(0, 7)} has no checkpoints`)
    else await context.out.lines(formatCheckpoints(listed, context.columns))
    return ExitCode.ok
  },
})

/** @throws FlorError NAME_NOT_FOUND for a checkpoint that the run does not have */
function chosen(
  listed: readonly ListedCheckpoint[],
  only: readonly string[],
  run: string,
): readonly ListedCheckpoint[] {
  for (const name of only) {
    if (listed.some((it) => it.name === name)) continue
    throw new FlorError(`run ${run.slice(0, 7)} has no checkpoint '${name}'`, {
      code: 'NAME_NOT_FOUND',
      data: { name, hint: `git flor checkpoint ${run.slice(0, 7)}    lists those it has` },
    })
  }
  return only.length === 0 ? listed : listed.filter((it) => only.includes(it.name))
}

function formatCheckpoints(listed: readonly ListedCheckpoint[], columns: number): string[] {
  const lines = layoutTable(
    [
      { title: 'checkpoint', align: 'left', isKey: true, minWidth: 12 },
      { title: 'size', align: 'right' },
      { title: 'files', align: 'left', minWidth: 10 },
      { title: 'here', align: 'left' },
    ],
    listed.map(({ name, sizeBytes, isHere, checkpoint: { files } }) => [
      sanitizeLine(name),
      formatSize(sizeBytes),
      files.map((file) => sanitizeLine(file.name)).join(' '),
      isHere ? 'yes' : 'no',
    ]),
    columns,
  )
  const total = formatSize(listed.reduce((sum, it) => sum + it.sizeBytes, 0))
  return [...lines, `${counted(listed.length, 'checkpoint')}, ${total}`]
}

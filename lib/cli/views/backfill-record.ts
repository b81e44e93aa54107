import type { FoundBackfill } from '../../repository/backfill/find-backfill.js'
import { JSON_VERSION, type Jsonable } from '../formats/json.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { formatDuration, isoTime } from '../render/time.js'
import { formatCheck, lastLines, missingHint } from './backfill-report.js'
import { formatFidelity } from './fidelity.js'
import { checkToJson, fidelityToJson } from './run-json.js'

/** One replay for people: `git flor show --backfill <id>`. */
export function formatBackfill(found: FoundBackfill, style: Style): string[] {
  const facts = factsOf(found)
  const lines = [
    style.oid(`backfill ${facts.id}`),
    ...line('run', facts.run),
    ...line('names', facts.names.map(sanitizeLine).join(', ')),
    ...line('patched commit', facts.patched),
    ...line('level', facts.level),
    ...line('date', isoTime(facts.atMs)),
    ...line('took', facts.durationMs === undefined ? undefined : formatDuration(facts.durationMs)),
    ...line('iterations', sanitizeLine(facts.wanted.filter((it) => it !== '').join(' '))),
  ]
  if (found.kind === 'stored') {
    const { fidelity, check } = found.backfill
    const checked = check === undefined ? undefined : formatCheck(check)
    return [...lines, ...line('fidelity', formatFidelity(fidelity)), ...line('checked', checked)]
  }
  const { reason, output, missing } = found.failure
  const kept = lastLines(output, Number.POSITIVE_INFINITY).map((text) => `    | ${sanitizeLine(text)}`)
  return [
    ...lines,
    '',
    style.warn(`failed: ${sanitizeLine(reason)}`),
    ...(kept.length === 0 ? ['    it printed nothing'] : kept),
    ...missingHint(missing),
    `hint: git worktree add <folder> ${facts.patched.slice(0, 10)}    gives the code that was executed, to try it by hand`,
  ]
}

/** The same for programs; docs/json.md describes it. */
export function backfillToJson(found: FoundBackfill): Jsonable {
  const { id, run, names, patched, level, atMs, durationMs, wanted } = factsOf(found)
  const base = {
    id,
    run,
    names,
    patched,
    level,
    date: new Date(atMs).toISOString(),
    durationMs,
    iterations: wanted,
  }
  const head = { version: JSON_VERSION, kind: 'backfill-record' }
  if (found.kind === 'stored')
    return {
      ...head,
      ...base,
      status: 'done',
      fidelity: fidelityToJson(found.backfill.fidelity),
      check: checkToJson(found.backfill.check),
    }
  const { reason, output, missing } = found.failure
  return { ...head, ...base, status: 'failed', reason, output, missing: missing?.path }
}

function factsOf(found: FoundBackfill) {
  if (found.kind === 'failed') {
    const { id, run, names, patched, level, failedMs, durationMs, wanted } = found.failure
    return { id, run, names, patched, level, atMs: failedMs, durationMs, wanted }
  }
  const { id, names, patched, level, startedMs, durationMs, executed } = found.backfill
  return { id, run: found.entry.run, names, patched, level, atMs: startedMs, durationMs, wanted: executed }
}

function line(name: string, text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : [`${`${name}:`.padEnd(16)}${text}`]
}

import type { Propagation } from '../../propagate/result.js'
import { JSON_VERSION, type Jsonable } from '../formats/json.js'

/** What `git flor propagate --json` prints; docs/json.md describes it. */
export function propagationToJson(path: string, result: Propagation): Jsonable {
  const { placements, pairs } = result.explanation
  return {
    version: JSON_VERSION,
    kind: 'propagation',
    path,
    ...outcomeOf(result),
    explanation: {
      placements: placements.map(({ newerLine, text, olderLine, confidence, evidence }) => ({
        newerLine,
        text,
        olderLine,
        confidence,
        evidence,
      })),
      pairs: pairs.map(({ newer, older, text }) => ({ newer, older, text })),
    },
  }
}

function outcomeOf(result: Propagation): { readonly [key: string]: Jsonable } {
  switch (result.status) {
    case 'placed':
      return {
        status: result.status,
        insertions: result.insertions.map(({ line, kind, text, module }) => ({ line, kind, text, module })),
        renames: result.renames,
        requires: result.requires,
        text: result.text,
      }
    case 'exists':
      return { status: result.status, line: result.line }
    case 'declined':
      return {
        status: result.status,
        reason: result.reason,
        message: result.message,
        candidates: result.candidates,
      }
  }
}

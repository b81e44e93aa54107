import { LoopStack } from './loop-stack.js'
import type { Session } from './session.js'
import { StateRegistry } from './state-registry.js'
import { warnOnce } from './warnings.js'

/** A session that records nothing: every function works, and costs nothing. */
export function offSession(): Session {
  return {
    kind: 'off',
    spool: undefined,
    loops: new LoopStack(),
    registry: new StateRegistry(),
    startedMs: performance.now(),
    points: undefined,
    follower: undefined,
    args: {},
    warn: (text) => void warnOnce(text),
    end: () => {},
  }
}

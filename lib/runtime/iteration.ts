import { OpenLoop } from './open-loop.js'
import { session } from './session.js'

/**
 * Opens one iteration by hand around `body`, and returns what that returns: for training that is not
 * written as a loop. The iterations of one name inside the same enclosing iteration count up from 0, in the
 * order in which they are opened; `value` names the iteration as a loop's item would.
 *
 * With an async function (one declared `async`) several may run at once, as in `Promise.all`: what each
 * logs stands under its own iteration. With any other function the iteration is over when it returns, or
 * when the promise that it returns settles. Neither checkpoints nor partial replays begin or end here: use
 * {@link loop} for training loops where you can.
 */
export function iteration<R>(name: string, value: unknown, body: () => R): R {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`flor.iteration: not a name: ${String(name)}`)
  const current = session()
  if (current.kind === 'off') return body()
  if (current.loops.isConcurrent) current.loops.surface()
  const frame = new OpenLoop(current, name)
  const run = (): R => {
    frame.enterByHand(value)
    return closing(frame, body)
  }
  return isAsyncFunction(body) ? current.loops.runBranch(run) : run()
}

function closing<R>(frame: OpenLoop, body: () => R): R {
  let result: R
  try {
    result = body()
  } catch (error) {
    frame.exit(false)
    throw error
  }
  if (!isThenable(result)) {
    frame.exit(true)
    return result
  }
  return result.then(
    (value: unknown) => {
      frame.exit(true)
      return value
    },
    (error: unknown) => {
      frame.exit(false)
      throw error
    },
  ) as R
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}

function isAsyncFunction(body: () => unknown): boolean {
  return Object.prototype.toString.call(body) === '[object AsyncFunction]'
}

import type { ArgOrigin } from '../model/run.js'
import { toLogValue } from '../segment/to-log-value.js'
import { encodeValue } from '../segment/value-codec.js'
import { castArgument, parseArguments, parseArgumentsJson } from './arg-text.js'
import { session } from './session.js'

/** The type that a default of type `T` stands for: `arg('lr', 0.1)` is a number, not the literal 0.1. */
export type ArgValue<T> = T extends number
  ? number
  : T extends string
    ? string
    : T extends boolean
      ? boolean
      : T extends bigint
        ? bigint
        : T

let given: Map<string, string> | undefined
let set: Map<string, string> | undefined
const used = new Set<string>()

/**
 * An argument of the run, recorded with it. Its value is, in this order: the recorded one in a replay; that
 * of `--flor name=value` on the script's command line; that of `git flor run --set name=value`;
 * `defaultValue`. Texts are read as the type that the default has: number, boolean, string, big integer,
 * date, or JSON for arrays, objects and null.
 * @throws FlorError USAGE when the text is not of that type
 */
export function arg<T>(name: string, defaultValue: T): ArgValue<T> {
  const current = session()
  used.add(name)
  if (typeof name !== 'string' || name === '') throw new TypeError(`flor.arg: not a name: ${String(name)}`)
  const { value, origin } = Object.hasOwn(current.args, name)
    ? { value: current.args[name], origin: 'replay' as const }
    : find(name, defaultValue)
  current.spool?.arg(name, encodeValue(toLogValue(value).value), origin)
  return value as ArgValue<T>
}

function find(name: string, defaultValue: unknown): { value: unknown; origin: ArgOrigin } {
  given ??= parseArguments(process.argv.slice(2))
  const text = given.get(name)
  if (text !== undefined) return { value: castArgument(name, text, defaultValue), origin: 'command-line' }
  set ??= parseArgumentsJson(process.env.FLOR_ARGS)
  const other = set.get(name)
  if (other !== undefined) return { value: castArgument(name, other, defaultValue), origin: 'set' }
  return { value: defaultValue, origin: 'default' }
}

/** Names that the command line or `--set` gave and no `arg` asked for: a misspelling, most of the time. */
export function unusedArguments(): string[] {
  given ??= parseArguments(process.argv.slice(2))
  set ??= parseArgumentsJson(process.env.FLOR_ARGS)
  return [...new Set([...given.keys(), ...set.keys()])].filter((name) => !used.has(name))
}

import type { InferredOptionType, Options } from 'yargs'
import type { CommandContext } from './context.js'

/** One option of a command: in the terms of yargs, and what `-h` says of it. */
export interface OptionSpec extends Options {
  readonly type: 'boolean' | 'string'
  /** One letter. */
  readonly alias?: string
  /** A second name in full, by which git knows such an option: `after` for `since`. `-h` does not show it. */
  readonly synonym?: string
  /** What `-h` says, after the option; lower case, no full stop. */
  readonly describe: string
  /** How `-h` names the value: `<n>`. Required for everything that is not a boolean. */
  readonly argument?: string
  /** For an option whose value can be left out: what it has where it stands alone, and where it is negated. A value must be stuck to it then (`--capture=json`). */
  readonly optional?: { readonly alone: string; readonly negated: string }
}

export type OptionTable = Readonly<Record<string, OptionSpec>>

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

/** What a command gets: its options by camel-case name, and the arguments that were no options. */
export type CommandOptions<T extends OptionTable> = {
  readonly [K in keyof T & string as CamelCase<K>]: InferredOptionType<T[K]>
} & {
  readonly arguments: readonly string[]
  /** Options that are another program's, in order; empty unless the command passes them on. */
  readonly passed: readonly string[]
  /** How many of them stand before `--`; absent where there is none. */
  readonly beforeDashes?: number
}

/** One command of `git flor`. */
export interface Command<T extends OptionTable = OptionTable> {
  readonly name: string
  /** After `usage: git flor <name> `, one line a form. */
  readonly usage: readonly string[]
  /** Two or three sentences for `-h`. */
  readonly description: string
  readonly options: T
  /** Command lines (without `git flor `) and what they are good for. */
  readonly examples: readonly (readonly [commandLine: string, purpose: string])[]
  /** How many arguments are allowed; default none. */
  readonly arity?: { readonly min: number; readonly max: number }
  /** Whether everything from the first argument on is the argument's own business (`run -- node train.js`). */
  readonly stopsAtFirstArgument?: boolean
  /** For commands that pass options on which they do not know: those of them that take the next word as their value (`-S <text>`). */
  readonly passesOptions?: readonly string[]
  /** Options of the git command of this name that there are none of here, with the hint that stands for each. */
  readonly foreignOptions?: Readonly<Record<string, string>>
  /** Whether its output goes through the pager, on a terminal. */
  readonly paged?: boolean
  /** Whether it ends by itself, in order, when the context's signal is aborted. */
  readonly endsOnInterrupt?: boolean
  /** Does the work; expected failures are FlorErrors. Answers the exit code. */
  run(context: CommandContext, options: CommandOptions<T>): Promise<number>
}

/** Keeps the type of a command's options; the identity otherwise. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command<T> {
  return command
}

import parser from 'yargs-parser'
import { FlorError, isFlorError } from '../../model/errors.js'
import type { Command, CommandOptions, OptionSpec, OptionTable } from '../command.js'
import { canonicalArguments, usageError } from './canonical.js'

/**
 * Reads a command's arguments into its options.
 * @throws FlorError USAGE
 */
export function parseArguments<T extends OptionTable>(
  command: Command<T>,
  args: readonly string[],
): CommandOptions<T> {
  const { options, positional, passed, beforeDashes } = canonicalArguments(command, args)
  // Only stuck to its option does a value of a list begin with a dash; only apart from it does the parser leave its quotes alone.
  const words = options.flatMap(([option, value]) => {
    if (value === undefined) return [option]
    return value.startsWith('-') ? [`${option}=${value}`] : [option, value]
  })
  const { argv, error } = parser.detailed(words, parserOptions(command.options))
  if (error !== null) {
    if (!isFlorError(error)) throw usageError(command, error.message, args.join(' '))
    throw new FlorError(error.message, { code: error.code, data: { command: command.name, ...error.data } })
  }
  const { _, ...values } = argv
  checkArity(command, positional)
  return { ...values, arguments: positional, passed, beforeDashes } as unknown as CommandOptions<T>
}

/** What the parser of yargs is told, so that values stay the texts that they are. yargs itself, around it, takes a fifth of the time of a short command. */
function parserOptions(table: OptionTable): parser.Options {
  const specs = Object.entries<OptionSpec>(table)
  const named = (belongs: (spec: OptionSpec) => boolean): string[] =>
    specs.filter(([, spec]) => belongs(spec)).map(([name]) => name)
  const valuesOf = <K extends 'coerce' | 'default'>(key: K) =>
    Object.fromEntries(specs.flatMap(([name, spec]) => (spec[key] === undefined ? [] : [[name, spec[key]]])))
  const taking = named(({ type }) => type !== 'boolean')
  return {
    boolean: named(({ type }) => type === 'boolean'),
    string: taking,
    array: named(({ array }) => array === true),
    narg: Object.fromEntries(taking.map((name) => [name, 1])),
    coerce: valuesOf('coerce'),
    default: valuesOf('default'),
    configuration: {
      'dot-notation': false,
      'greedy-arrays': false,
      'nargs-eats-options': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-dashed': true,
    },
  }
}

function checkArity(command: Command<OptionTable>, positional: readonly string[]): void {
  const { min, max } = command.arity ?? { min: 0, max: 0 }
  if (positional.length < min) {
    throw usageError(command, `something is missing: git flor ${command.name} ${command.usage[0]}`, '')
  }
  if (positional.length > max) {
    const extra = positional[max] as string
    throw usageError(command, `unexpected argument '${extra}'`, extra)
  }
}

import yargs from 'yargs'
import { FlorError } from '../../model/errors.js'
import type { Command, CommandOptions, OptionTable } from '../command.js'
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
  const parser = yargs()
    .exitProcess(false)
    .help(false)
    .version(false)
    .parserConfiguration({
      'boolean-negation': true,
      'camel-case-expansion': true,
      'combine-arrays': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
      'nargs-eats-options': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
      'strip-dashed': true,
    })
    .fail((message, error) => {
      throw error instanceof FlorError
        ? error
        : usageError(command, error?.message ?? message, args.join(' '))
    })
  for (const [name, { argument: _, optional: __, ...spec }] of Object.entries<OptionTable[string]>(
    command.options,
  )) {
    parser.option(name, spec.type === 'boolean' ? spec : { ...spec, nargs: 1 })
  }
  const parsed = parser.parseSync(
    options.flatMap(([option, value]) => (value === undefined ? [option] : [option, value])),
  )
  checkArity(command, positional)
  return { ...parsed, arguments: positional, passed, beforeDashes } as unknown as CommandOptions<T>
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

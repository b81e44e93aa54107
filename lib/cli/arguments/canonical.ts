import { FlorError } from '../../model/errors.js'
import { nearestNames } from '../../query/suggest.js'
import type { OptionTable } from '../command.js'

/**
 * Command line arguments with every option in full and apart from its value, as the parser of yargs is given them. Git's own conventions that
 * it does not know are resolved here: unambiguous abbreviations (`--tol` for `--tolerance`), stuck values
 * (`-ofile`, `--opt=value`), `-3` for `-n 3`, `--no-x` (which takes the values of an option before it back), `--end-of-options`.
 */
export interface CanonicalArguments {
  /** `['--json']`, `['--no-json']` or `['--where', 'lr > 0']`. */
  readonly options: readonly (readonly [option: string, value?: string])[]
  /** Everything that is no option, in order. */
  readonly positional: readonly string[]
  /** Options that the command passes on, with their values, in order. */
  readonly passed: readonly string[]
  /** How many of them stand before `--`; absent where there is none. */
  readonly beforeDashes?: number
}

/** What {@link canonicalArguments} needs of a command. */
export interface ArgumentRules {
  readonly name: string
  readonly options: OptionTable
  readonly stopsAtFirstArgument?: boolean
  /** See Command. */
  readonly passesOptions?: readonly string[]
  readonly foreignOptions?: Readonly<Record<string, string>>
}

/** @throws FlorError USAGE for unknown, ambiguous or incomplete options */
export function canonicalArguments(rules: ArgumentRules, args: readonly string[]): CanonicalArguments {
  let options: [option: string, value?: string][] = []
  const positional: string[] = []
  const passed: string[] = []
  let beforeDashes: number | undefined
  const valueAfter = (option: string, at: number): string => {
    const value = args[at + 1]
    if (value === undefined) throw usageError(rules, `option ${option} requires a value`, option)
    return value
  }
  // As with git, the last value counts, unless the option is a list.
  const pushValue = (name: string, value: string): void => {
    const option = `--${name}`
    const before = options.findIndex((it) => it[0] === option)
    if (before !== -1 && rules.options[name]?.array !== true) options.splice(before, 1)
    options.push([option, value])
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    if (arg === '--') {
      beforeDashes = positional.length
      positional.push(...args.slice(i + 1))
      break
    }
    if (arg === '--end-of-options') {
      const rest = args.slice(i + 1)
      const dashes = rest.indexOf('--')
      if (dashes !== -1 && rules.stopsAtFirstArgument !== true) {
        beforeDashes = positional.length + dashes
        rest.splice(dashes, 1)
      }
      positional.push(...rest)
      break
    }
    if (isPassedOn(rules, arg)) {
      passed.push(arg)
      if (rules.passesOptions?.includes(arg)) passed.push(valueAfter(arg, i++))
    } else if (arg.startsWith('--')) {
      const equals = arg.indexOf('=')
      const typed = equals === -1 ? arg : arg.slice(0, equals)
      const { name, negated } = findLong(rules, typed)
      const isBoolean = rules.options[name]?.type === 'boolean'
      if (isBoolean || negated) {
        if (equals !== -1) throw usageError(rules, `option ${typed} takes no value`, arg)
        if (isBoolean) options.push([negated ? `--no-${name}` : `--${name}`])
        else {
          options = options.filter((it) => it[0] !== `--${name}`)
          const none = rules.options[name]?.optional?.negated
          if (none !== undefined) options.push([`--${name}`, none])
        }
      } else if (equals === -1 && rules.options[name]?.optional !== undefined) {
        pushValue(name, rules.options[name].optional.alone)
      } else {
        pushValue(name, equals === -1 ? valueAfter(typed, i++) : arg.slice(equals + 1))
      }
    } else if (/^-\d+$/.test(arg) && findShort(rules, 'n') !== undefined) {
      pushValue(findShort(rules, 'n') as string, arg.slice(1))
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let j = 1; j < arg.length; j++) {
        const letter = `-${arg[j]}`
        const name = findShort(rules, arg[j] as string)
        if (name === undefined) throw usageError(rules, `unknown option ${letter}`, arg)
        if (rules.options[name]?.type === 'boolean') {
          options.push([`--${name}`])
          continue
        }
        pushValue(name, j + 1 < arg.length ? arg.slice(j + 1) : valueAfter(letter, i++))
        break
      }
    } else {
      positional.push(arg)
      if (rules.stopsAtFirstArgument === true) {
        positional.push(...args.slice(i + 1))
        break
      }
    }
  }
  return { options, positional, passed, ...(beforeDashes === undefined ? {} : { beforeDashes }) }
}

/** Whether an option is another program's: unknown here, to a command that passes such options on. Own ones are not abbreviated there. */
function isPassedOn({ options, passesOptions }: ArgumentRules, arg: string): boolean {
  if (passesOptions === undefined || !arg.startsWith('-') || arg === '-') return false
  const name = arg.replace(/^--(?:no-)?/, '').replace(/=.*$/s, '')
  if (arg.startsWith('--')) return !Object.hasOwn(options, name)
  return !Object.values(options).some((spec) => spec.alias === arg[1])
}

/** A USAGE error of a command. */
export function usageError(
  rules: { readonly name: string },
  message: string,
  value: string,
  near?: string,
): FlorError {
  return new FlorError(message, { code: 'USAGE', data: { value, command: rules.name, near } })
}

function findShort(rules: ArgumentRules, letter: string): string | undefined {
  return Object.keys(rules.options).find((name) => rules.options[name]?.alias === letter)
}

function foreignHint({ foreignOptions }: ArgumentRules, name: string): string | undefined {
  return foreignOptions !== undefined && Object.hasOwn(foreignOptions, name)
    ? foreignOptions[name]
    : undefined
}

function findLong(rules: ArgumentRules, typed: string): { name: string; negated: boolean } {
  const wanted = typed.slice(2)
  const names = Object.keys(rules.options)
  const forms = names.flatMap((name) =>
    [name, rules.options[name]?.synonym ?? []].flat().flatMap((text) => [
      { text, name, negated: false },
      { text: `no-${text}`, name, negated: true },
    ]),
  )
  const exact = forms.find((form) => form.text === wanted)
  if (exact !== undefined) return exact
  // Only affirmative forms are abbreviated to less than `--no-`, as `--n` would be ambiguous with everything.
  const begun = forms.filter(
    (form) => form.text.startsWith(wanted) && (!form.negated || wanted.startsWith('no-')),
  )
  if (begun.length === 1) return begun[0] as (typeof begun)[number]
  if (begun.length > 1) {
    const among = begun.map((form) => `--${form.text}`).join(', ')
    throw usageError(rules, `option ${typed} is ambiguous: ${among}`, typed)
  }
  const hint = foreignHint(rules, wanted)
  if (hint !== undefined) {
    const data = { value: typed, command: rules.name, hint }
    throw new FlorError(`unknown option ${typed}`, { code: 'USAGE', data })
  }
  const [near] = nearestNames(wanted, names)
  throw usageError(rules, `unknown option ${typed}`, typed, near === undefined ? undefined : `--${near}`)
}

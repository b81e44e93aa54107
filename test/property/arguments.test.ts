import fc from 'fast-check'
import t from 'tap'
import yargs from 'yargs'
import { canonicalArguments } from '../../lib/cli/arguments/canonical.js'
import { wholeNumber } from '../../lib/cli/arguments/coerce.js'
import { parseArguments } from '../../lib/cli/arguments/parse.js'
import { defineCommand } from '../../lib/cli/command.js'

const OPTIONS = {
  'max-count': { type: 'string', alias: 'n', argument: '<n>', describe: '', coerce: wholeNumber('-n') },
  where: { type: 'string', argument: '<predicate>', describe: '' },
  set: { type: 'string', array: true, argument: '<a>', describe: '' },
  'dry-run': { type: 'boolean', describe: '' },
  checkpoints: { type: 'boolean', default: true, describe: '' },
  output: { type: 'string', alias: 'o', argument: '<file>', describe: '' },
} as const

const command = defineCommand({
  name: 'sample',
  usage: ['<name>...'],
  description: '',
  options: OPTIONS,
  examples: [],
  arity: { min: 0, max: Number.POSITIVE_INFINITY },
  run: async () => 0,
})

/** What yargs, told to leave values alone, makes of the same options. */
function readByYargs(args: readonly string[]): unknown {
  const parser = yargs().exitProcess(false).help(false).version(false).parserConfiguration({
    'dot-notation': false,
    'greedy-arrays': false,
    'nargs-eats-options': true,
    'parse-numbers': false,
    'parse-positional-numbers': false,
    'strip-aliased': true,
    'strip-dashed': true,
  })
  for (const [name, { argument: _, ...spec }] of Object.entries<{
    type: 'string' | 'boolean'
    argument?: string
  }>(OPTIONS)) {
    parser.option(name, spec.type === 'boolean' ? spec : { ...spec, nargs: 1 })
  }
  const { _, $0, ...values } = parser.parseSync(canonicalArguments(command, args).options.flat() as string[])
  return values
}

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('-1', '--json', '0x10', '1e3', 'a=b', "'a' = 'b'", 'true', '__proto__'),
)
// yargs takes nothing that looks like an option into a list; ours does.
const listed = text.filter((it) => !it.startsWith('-'))
const words = fc.oneof(
  fc.constantFrom('--dry-run', '--no-dry-run', '--checkpoints', '--no-checkpoints', '--no-where', '--no-set'),
  fc.nat().map((count) => `-n${count}`),
  fc.tuple(fc.constantFrom('--where', '--output'), text).map(([option, value]) => `${option}=${value}`),
  listed.map((value) => `--set=${value}`),
)

t.test('options mean what yargs takes them for', async (t) => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), (args) => {
      const { arguments: positional, passed, beforeDashes, ...values } = parseArguments(command, args)
      t.equal(positional.length + passed.length, 0)
      t.equal(beforeDashes, undefined)
      t.strictSame(values, readByYargs(args), args.join(' '))
    }),
    { numRuns: 300 },
  )
})

t.test('values of lists may begin with a dash', async (t) => {
  const { set } = parseArguments(command, ['--set', '-a', '--set=-1', '--set', "-'b'", '--set', "'c'"])
  t.strictSame(set, ['-a', '-1', "-'b'", "'c'"])
})

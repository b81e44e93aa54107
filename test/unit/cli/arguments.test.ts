import t, { type Test } from 'tap'
import { canonicalArguments } from '../../../lib/cli/arguments/canonical.js'
import { atMost, eachWritten, nonNegative, timeSpan, wholeNumber } from '../../../lib/cli/arguments/coerce.js'
import { parseArguments } from '../../../lib/cli/arguments/parse.js'
import { defineCommand } from '../../../lib/cli/command.js'
import { isFlorError } from '../../../lib/model/errors.js'

const command = defineCommand({
  name: 'sample',
  usage: ['<name>...'],
  description: '',
  options: {
    'max-count': {
      type: 'string',
      alias: 'n',
      argument: '<n>',
      describe: '',
      coerce: wholeNumber('-n'),
    },
    where: { type: 'string', argument: '<predicate>', describe: '' },
    set: { type: 'string', array: true, argument: '<a>', describe: '' },
    json: { type: 'boolean', describe: '' },
    quiet: { type: 'boolean', alias: 'q', describe: '' },
    output: { type: 'string', alias: 'o', argument: '<file>', describe: '' },
  },
  examples: [],
  arity: { min: 0, max: 3 },
  run: async () => 0,
})

const usage = (t: Test, args: readonly string[], message: RegExp): void => {
  try {
    parseArguments(command, args)
    t.fail(`${args.join(' ')} was accepted`)
  } catch (error) {
    t.ok(isFlorError(error, 'USAGE'))
    t.match((error as Error).message, message)
  }
}

t.test('options are read in every form that git accepts', async (t) => {
  for (const args of [
    ['-n', '3'],
    ['-n3'],
    ['-3'],
    ['--max-count', '3'],
    ['--max-count=3'],
    ['--max', '3'],
    ['-n', '9', '-n', '3'],
  ]) {
    t.equal(parseArguments(command, args).maxCount, 3, args.join(' '))
  }
  t.equal(parseArguments(command, ['-qo-']).output, '-')
  t.equal(parseArguments(command, ['-qofile']).quiet, true)
  t.equal(parseArguments(command, ['--json', '--no-json']).json, false)
})

t.test('an option is known by its synonym of git, abbreviated, negated and mixed', async (t) => {
  const rules = {
    name: 'log',
    options: {
      since: { type: 'string', synonym: 'after', argument: '<date>', describe: '' },
      author: { type: 'string', argument: '<pattern>', describe: '' },
    },
  } as const
  const options = (...args: string[]) => canonicalArguments(rules, args).options
  t.strictSame(options('--after=today'), [['--since', 'today']])
  t.strictSame(options('--af', 'today'), [['--since', 'today']])
  t.strictSame(options('--since=a', '--after=b'), [['--since', 'b']], 'the last one counts')
  t.strictSame(options('--since=a', '--no-after'), [])
  t.throws(() => options('--a=x'), /ambiguous: --after, --author/)
})

t.test('an option of the git command of that name has the hint that stands for it', async (t) => {
  const rules = {
    name: 'log',
    options: command.options,
    foreignOptions: { all: 'git flor log    lists all' },
  }
  t.throws(() => canonicalArguments(rules, ['--all']), {
    code: 'USAGE',
    message: 'unknown option --all',
    data: { hint: 'git flor log    lists all' },
  })
  t.throws(() => canonicalArguments(rules, ['--toString']), { message: 'unknown option --toString' })
})

t.test('a negative number is no limit, and what is no number is refused with what is one', async (t) => {
  const limit = atMost('-n', undefined)
  t.strictSame(['-1', '-7', '0', '12'].map(limit), [undefined, undefined, 0, 12])
  for (const text of ['abc', '', '1.5', '--1', '1e3', '99999999999999999999'])
    t.throws(() => limit(text), { code: 'USAGE', message: `option -n needs a whole number, not '${text}'` })
  t.throws(() => atMost('-n', undefined, 1)('0'), { message: /from 1 on, or -1, not '0'/ })
})

t.test('a blank predicate is told as such', async (t) => {
  const each = eachWritten('--where', 'a predicate', 'lr > 0')
  t.strictSame(each(['a = 1', 'b = 2']), ['a = 1', 'b = 2'])
  t.throws(() => each(['a = 1', ' ']), {
    message: "option --where needs a predicate, not ' '",
    data: { hint: 'lr > 0' },
  })
})

t.test('values arrive exactly as typed', async (t) => {
  for (const value of [`'a' = 'b'`, '-1', '--json', '0x10', '1e3', 'a=b', '"q"', 'true', '']) {
    t.equal(parseArguments(command, ['--where', value]).where, value)
    t.equal(parseArguments(command, [`--where=${value}`]).where, value)
    t.strictSame(parseArguments(command, ['--', value]).arguments, [value])
  }
  t.strictSame(parseArguments(command, ['--set', 'a=1', '--set=b=2', 'x']).set, ['a=1', 'b=2'])
  t.strictSame(parseArguments(command, ['--set', 'a=1']).set, ['a=1'])
})

t.test('--no- before an option with a value sets it back to its default', async (t) => {
  t.equal(parseArguments(command, ['--no-where']).where, undefined)
  t.equal(parseArguments(command, ['--where', 'a = 1', '--no-where']).where, undefined)
  t.equal(parseArguments(command, ['--no-where', '--where', 'a = 1']).where, 'a = 1')
  t.equal(parseArguments(command, ['-n', '3', '--no-max']).maxCount, undefined)
  t.equal(parseArguments(command, ['--no-max-count', '-o', 'x']).output, 'x')
  t.strictSame(parseArguments(command, ['--set=a', '--set=b', '--no-set', '--set=c']).set, ['c'])
  t.equal(parseArguments(command, ['--set=a', '--no-set']).set, undefined)
  usage(t, ['--no-where=x'], /option --no-where takes no value/)
})

t.test('options and arguments mix until -- or --end-of-options', async (t) => {
  t.strictSame(parseArguments(command, ['a', '--json', 'b']).arguments, ['a', 'b'])
  t.strictSame(parseArguments(command, ['a', '--', '--json']).arguments, ['a', '--json'])
  t.strictSame(parseArguments(command, ['--end-of-options', '-n', '-']).arguments, ['-n', '-'])
})

t.test('wrong options are refused with what was typed', async (t) => {
  usage(t, ['--jsn'], /unknown option --jsn/)
  usage(t, ['--whre', 'x'], /unknown option --whre/)
  usage(t, ['-x'], /unknown option -x/)
  usage(t, ['--where'], /--where requires a value/)
  usage(t, ['--json=yes'], /--json takes no value/)
  usage(t, ['-n', 'many'], /-n needs a whole number, not 'many'/)
  usage(t, ['-n', '1.5'], /not '1.5'/)
  usage(t, ['a', 'b', 'c', 'd'], /unexpected argument 'd'/)
})

t.test('an abbreviation that fits two options is refused, naming both', async (t) => {
  const rules = {
    name: 'x',
    options: { sort: { type: 'boolean', describe: '' }, since: { type: 'boolean', describe: '' } },
  } as const
  t.throws(() => canonicalArguments(rules, ['--s']), /ambiguous: --sort, --since/)
})

t.test('the rest belongs to the command that run starts', async (t) => {
  const rules = { name: 'run', options: command.options, stopsAtFirstArgument: true }
  t.strictSame(canonicalArguments(rules, ['-q', 'node', '-q', '--json']), {
    options: [['--quiet']],
    positional: ['node', '-q', '--json'],
    passed: [],
  })
})

t.test(
  'options of another program are passed on, with their values, and none of ours are abbreviated',
  async (t) => {
    const rules = {
      name: 'diff',
      options: { json: { type: 'boolean', describe: '' }, code: { type: 'boolean', describe: '' } },
      passesOptions: ['-S', '--diff-filter'],
    } as const
    const args = [
      'a',
      '--stat',
      '-S',
      'text',
      '--diff-filter',
      'M',
      '-U3',
      '--co',
      '--no-code',
      'b',
      '--',
      '-w',
    ]
    t.strictSame(canonicalArguments(rules, args), {
      options: [['--no-code']],
      positional: ['a', 'b', '-w'],
      beforeDashes: 2,
      passed: ['--stat', '-S', 'text', '--diff-filter', 'M', '-U3', '--co'],
    })
    t.throws(() => canonicalArguments(rules, ['-S']), /option -S requires a value/)
  },
)

t.test('numbers and time spans', async (t) => {
  t.equal(nonNegative('--tolerance')('1e-6'), 1e-6)
  t.throws(() => nonNegative('--tolerance')('-1'))
  t.equal(timeSpan('--budget')('1h30m'), 5_400_000)
  t.equal(timeSpan('--budget')('90'), 90_000)
  t.throws(() => timeSpan('--budget')('soon'))
})

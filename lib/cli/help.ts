import type { Command, OptionSpec } from './command.js'
import { COMMANDS } from './commands/index.js'
import { padEnd } from './render/width.js'
import { wrapProse } from './render/wrap.js'

/** Where the descriptions of options begin. */
const DESCRIPTION_COLUMN = 30

/** What `git flor <command> -h` prints, in the manner of git's own `-h`. */
export function commandHelp(command: Command, columns: number): string {
  const width = Math.min(columns, 80)
  const usage = command.usage.map((form, i) =>
    `${i === 0 ? 'usage:' : '   or:'} git flor ${command.name} ${form}`.trimEnd(),
  )
  const options = Object.entries(command.options)
    .filter(([, spec]) => spec.hidden !== true)
    .flatMap(([name, spec]) => optionHelp(name, spec, width))
  const examples = command.examples.flatMap(([commandLine, purpose]) => [
    `    git flor ${commandLine}`,
    ...wrapProse(purpose, width, '        '),
  ])
  const blocks = [
    usage,
    wrapProse(command.description, width),
    options,
    examples.length > 0 ? ['examples:', ...examples] : [],
  ]
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}

/** What `git flor -h` prints. */
export function overview(columns: number): string {
  const lines = ['usage: git flor [-C <dir>] [--git-dir <dir>] <command> [<options>]']
  const entries = COMMANDS.filter((entry) => entry.isHidden !== true)
  for (const group of new Set(entries.map((entry) => entry.group))) {
    lines.push('', group)
    for (const { name, summary } of entries.filter((entry) => entry.group === group)) {
      const [first = '', ...more] = wrapProse(summary, Math.min(columns, 80) - 16)
      lines.push(`    ${padEnd(name, 12)}${first}`, ...more.map((line) => `${' '.repeat(16)}${line}`))
    }
  }
  const more = 'git flor <command> -h tells more; git flor help [<command>] opens the manual.'
  lines.push('', ...(columns >= more.length ? [more] : more.split(/(?<=;) /)))
  return `${lines.join('\n')}\n`
}

function optionHelp(name: string, spec: OptionSpec, columns: number): string[] {
  const isOnByDefault = spec.type === 'boolean' && spec.default === true
  const long = isOnByDefault ? `--[no-]${name}` : `--${name}`
  const value =
    spec.argument === undefined
      ? ''
      : spec.optional === undefined
        ? ` ${spec.argument}`
        : `[=${spec.argument}]`
  const head = `    ${spec.alias === undefined ? '' : `-${spec.alias}, `}${long}${value}`
  const indent = ' '.repeat(Math.min(DESCRIPTION_COLUMN, Math.floor(columns / 2)))
  const body = wrapProse(spec.describe, columns, indent)
  if (head.length + 2 > indent.length) return [head, ...body]
  return [head.padEnd(indent.length) + (body[0] ?? '').slice(indent.length), ...body.slice(1)]
}

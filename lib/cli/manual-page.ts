import type { Command, OptionSpec } from './command.js'
import type { CommandEntry } from './commands/index.js'

/** What the pages of one build have in common. */
export interface ManualEdition {
  /** As `.TH` has it: a date that says how old the text is. */
  readonly date: string
  readonly version: string
}

/**
 * The manual page of one command, in the man(7) language: from the same tables as `-h`, so that the two never differ. `sections` is man(7)
 * text to stand before the examples; empty for none. Pure.
 */
export function formatManualPage(
  command: Command,
  entry: Pick<CommandEntry, 'summary'>,
  edition: ManualEdition,
  sections = '',
): string {
  const name = `git-flor-${command.name}`
  const options = Object.entries(command.options).filter(([, spec]) => spec.hidden !== true)
  return [
    `.TH "${name.toUpperCase()}" "1" "${edition.date}" "git-flor ${edition.version}" "Git Manual"`,
    ...paragraph('NAME', [`${roff(name)} \\- ${roff(entry.summary)}`]),
    '.SH SYNOPSIS',
    '.nf',
    ...command.usage.map((form) => line(`\\fIgit flor ${roff(command.name)}\\fR ${roff(form)}`.trimEnd())),
    '.fi',
    ...paragraph('DESCRIPTION', [roff(command.description)]),
    ...(options.length === 0 ? [] : ['.SH OPTIONS', ...options.flatMap(([it, spec]) => option(it, spec))]),
    ...(sections === '' ? [] : [sections.trimEnd()]),
    ...(command.examples.length === 0 ? [] : ['.SH EXAMPLES', ...command.examples.flatMap(example)]),
    '.SH "SEE ALSO"',
    '\\fBgit-flor\\fR(1) has the options that every command understands, predicates, configuration and exit codes.',
    '',
  ].join('\n')
}

/** The part of git-flor(1) that lists the commands, by their groups. */
export function formatCommandList(entries: readonly CommandEntry[]): string {
  const shown = entries.filter((entry) => entry.isHidden !== true)
  return [...new Set(shown.map((entry) => entry.group))]
    .flatMap((group) => [
      `.SS "${roff(group.charAt(0).toUpperCase() + group.slice(1))}"`,
      ...shown
        .filter((entry) => entry.group === group)
        .flatMap(({ name, summary }) => [
          '.TP',
          `\\fBgit\\-flor\\-${roff(name)}\\fR(1)`,
          line(roff(summary)),
        ]),
    ])
    .join('\n')
}

function paragraph(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...lines.map(line)]
}

function option(name: string, spec: OptionSpec): string[] {
  const value =
    spec.argument === undefined
      ? ''
      : spec.optional === undefined
        ? ` ${roff(spec.argument)}`
        : roff(`[=${spec.argument}]`)
  const no = spec.type === 'boolean' && spec.default === true ? '[no\\-]' : ''
  const short = spec.alias === undefined ? '' : `\\fB\\-${roff(spec.alias)}\\fR${value}, `
  return ['.TP', `${short}\\fB\\-\\-${no}${roff(name)}\\fR${value}`, line(roff(spec.describe))]
}

function example([commandLine, purpose]: Command['examples'][number]): string[] {
  return ['.TP', `\\fBgit flor ${roff(commandLine)}\\fR`, line(roff(purpose))]
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
}

/** Text as roff prints it: what is to be typed stays what it is (`-` no hyphen, `'` no quotation mark). */
function roff(text: string): string {
  return text
    .replace(/[\\\-'`^~"]/g, (character) => ESCAPES[character] as string)
    .replace(/[^\x00-\x7f]/gu, (character) => `\\[u${hex(character)}]`)
}

function hex(character: string): string {
  return (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
}

/** A line of text, which must not be taken for a request. */
function line(text: string): string {
  return /^[.']/.test(text) ? `\\&${text}` : text
}

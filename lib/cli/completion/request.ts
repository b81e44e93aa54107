import type { Command, OptionSpec } from '../command.js'

/** What may stand in the place of the last word. */
export type Wanted =
  | { readonly kind: 'command' }
  | { readonly kind: 'global-option' }
  | { readonly kind: 'option'; readonly command: Command }
  /** Something that the command's own tables name in angle brackets: `run`, `name`, `remote`; several where several may. */
  | { readonly kind: 'value'; readonly of: readonly string[] }
  | { readonly kind: 'one-of'; readonly words: readonly string[] }

/** What is to be completed, and what of the last word stands before it (`--status=`). */
export interface CompletionRequest {
  readonly wanted: Wanted
  readonly before: string
  /** The beginning of what is wanted. */
  readonly prefix: string
}

/**
 * Reads an unfinished command line: `words` are those behind `git flor`, the last one (perhaps empty) is to be completed. What a place
 * takes is told by the tables that `-h` prints: `<run>` in a usage line or as an option's argument is a run. `findCommand` answers undefined for a
 * command that there is not.
 */
export async function readRequest(
  words: readonly string[],
  findCommand: (name: string) => Promise<Command | undefined>,
): Promise<CompletionRequest | undefined> {
  const current = words.at(-1) ?? ''
  let at = 0
  for (; at < words.length - 1 && words[at]?.startsWith('-'); at++)
    if (words[at] === '-C' || words[at] === '--git-dir') at++
  if (at >= words.length) return { wanted: { kind: 'value', of: ['dir'] }, before: '', prefix: current }
  if (at === words.length - 1) {
    const kind = current.startsWith('-') ? 'global-option' : 'command'
    return { wanted: { kind }, before: '', prefix: current }
  }
  if (words[at] === 'help') return { wanted: { kind: 'command' }, before: '', prefix: current }
  const command = await findCommand(words[at] as string)
  return command === undefined ? undefined : readArguments(command, words.slice(at + 1, -1), current)
}

function readArguments(command: Command, args: readonly string[], current: string): CompletionRequest {
  const positional = (): CompletionRequest => ({
    wanted: { kind: 'value', of: placeholders(command) },
    before: '',
    prefix: current,
  })
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    if (arg === '--' || arg === '--end-of-options') return positional()
    if (!arg.startsWith('-')) {
      if (command.stopsAtFirstArgument !== true) continue
      return { wanted: { kind: 'value', of: ['file'] }, before: '', prefix: current }
    }
    const spec = optionOf(command, arg)
    if (
      spec === undefined ||
      spec.type === 'boolean' ||
      spec.optional !== undefined ||
      /^(?:--.*=|-[^-].)/.test(arg)
    )
      continue
    if (i === args.length - 1) return { wanted: wantedValue(spec), before: '', prefix: current }
    i++
  }
  const stuck = /^(--[^=]+=)(.*)$/s.exec(current)
  if (stuck !== null) {
    const [, before, prefix] = stuck as unknown as [string, string, string]
    const spec = optionOf(command, before.slice(0, -1))
    if (spec !== undefined && spec.type !== 'boolean') return { wanted: wantedValue(spec), before, prefix }
  }
  if (current.startsWith('-')) return { wanted: { kind: 'option', command }, before: '', prefix: current }
  return positional()
}

function optionOf(command: Command, arg: string): OptionSpec | undefined {
  if (arg.startsWith('--')) return command.options[arg.slice(2).replace(/=.*$/s, '')]
  return Object.values(command.options).find((spec) => spec.alias === arg[1])
}

function wantedValue(spec: OptionSpec): Wanted {
  const words = (spec.coerce as { readonly words?: readonly string[] } | undefined)?.words
  if (words !== undefined) return { kind: 'one-of', words }
  return { kind: 'value', of: namesIn(spec.argument ?? '') }
}

/** What the usage lines name in angle brackets, those that belong to options left out. */
function placeholders(command: Command): string[] {
  const forms = command.usage.map((form) => form.replace(/--?[\w-]+(?:\[?=|\s+)<[^>]+>/g, ''))
  return [...new Set(forms.flatMap(namesIn))]
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/<([^>]+)>/g)].map(([, name]) => name as string)
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FlorError } from '../../model/errors.js'
import { usageError } from '../arguments/canonical.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'
import { packageRoot } from '../package-root.js'

/** The files of `completions/`, by shell. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: 'git-flor.bash',
  zsh: '_git-flor',
  fish: 'git-flor.fish',
}

/** `git flor completion`: the script that makes a shell complete `git flor`. */
export const completion = defineCommand({
  name: 'completion',
  usage: ['<shell>'],
  description:
    'Prints the script that makes bash, zsh or fish complete commands, options, runs, names of values, revisions and remotes behind `git flor`. In bash it works through the completion that comes with git.',
  options: {},
  examples: [
    ['completion bash > git-flor', 'bash: to be kept in ~/.local/share/bash-completion/completions'],
    ['completion zsh > _git-flor', 'zsh: to be kept in a folder of fpath, before compinit runs'],
    ['completion fish > git-flor.fish', 'fish: to be kept in ~/.config/fish/completions'],
  ],
  arity: { min: 1, max: 1 },
  async run(context, options) {
    const [shell = ''] = options.arguments
    const file = SCRIPTS[shell]
    if (file === undefined) {
      const known = Object.keys(SCRIPTS).join(', ')
      throw usageError({ name: 'completion' }, `there is completion for ${known}, not for '${shell}'`, shell)
    }
    const path = join(packageRoot(), 'completions', file)
    let script: string
    try {
      script = readFileSync(path, 'utf8')
    } catch (cause) {
      throw new FlorError(`the script is missing from this installation: ${path}`, {
        code: 'FILE_UNREADABLE',
        data: { path },
        cause,
      })
    }
    await context.out.print(script)
    return ExitCode.ok
  },
})

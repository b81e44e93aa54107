import { runHook } from '../../repository/hooks.js'
import { usageError } from '../arguments/canonical.js'
import { defineCommand } from '../command.js'
import { ExitCode } from '../errors/hints.js'

const HOOKS = ['post-commit', 'post-rewrite', 'post-merge', 'post-checkout', 'pre-push'] as const

/** `git flor hook`: what the shims in .git/hooks call. Never fails: a hook of ours must not stop the user's work. */
export const hook = defineCommand({
  name: 'hook',
  usage: ['<hook name> [<argument>...]'],
  description:
    'What the hooks call that git flor init sets up: post-commit and post-rewrite seal what is pending, post-merge and post-checkout take fetched runs into the index, pre-push sends runs along with your branch (flor.autopush).',
  options: {},
  examples: [['hook post-commit', 'as git calls it']],
  arity: { min: 1, max: Number.POSITIVE_INFINITY },
  stopsAtFirstArgument: true,
  async run(context, options) {
    const [name, ...args] = options.arguments
    const known = HOOKS.find((it) => it === name)
    if (known === undefined) throw usageError({ name: 'hook' }, `no such hook: ${name}`, String(name))
    try {
      await runHook(await context.repository(), known, args)
    } catch (error) {
      context.note(`git flor: ${known}: ${error instanceof Error ? error.message : String(error)}`)
    }
    return ExitCode.ok
  },
})

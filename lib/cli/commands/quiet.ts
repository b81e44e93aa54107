import type { OptionSpec } from '../command.js'

/** `-q`, `--quiet` of commands that otherwise say what they did; {@link CommandContext.isQuiet} tells of it. Warnings and errors stay. */
export const QUIET = {
  type: 'boolean',
  alias: 'q',
  describe: 'say nothing but warnings and errors; show no progress',
} as const satisfies OptionSpec

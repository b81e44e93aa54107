/**
 * What a hook file looks like with our part in it. Pure.
 *
 * A new file is our shim with two marks. In a file of the user's that the shell reads, the marked block stands behind the first
 * line, so that an `exit` further down does not matter:
 *
 *     #!/bin/sh
 *     # >>> git-flor >>>
 *     ...
 *     # <<< git-flor <<<
 *     (the rest of the user's hook)
 *
 * Any other hook (a binary, another language) is called by ours from where it was moved.
 */
const BEGIN = '# >>> git-flor >>>\n'
const END = '# <<< git-flor <<<\n'
const SHEBANG = /^#!\s*\/(?:usr\/)?bin\/(?:env +)?(?:sh|bash|dash|ash|ksh|zsh)\b[^\n\r]*\n/

/** The part of a shim that does the work: without its first line. */
function block(shim: string): string {
  return BEGIN + shim.slice(shim.indexOf('\n') + 1) + END
}

/** A hook of ours alone. */
export function newHook(shim: string): string {
  return `#!/bin/sh\n${block(shim)}`
}

/** A hook of ours (or of nothing, without a shim) that then becomes the hook at `original`, a shell expression, if that can be executed. */
export function chainingHook(shim: string | undefined, original: string): string {
  const ours = shim === undefined ? BEGIN + END : block(shim)
  return `#!/bin/sh\n${ours}original=${original}\nif [ -x "$original" ]; then exec "$original" "$@"; fi\nexit 0\n`
}

/** The user's shell script with our block in it; undefined when it is no shell script. */
export function withBlock(hook: string, shim: string): string | undefined {
  const first = SHEBANG.exec(hook)?.[0]
  return first === undefined ? undefined : first + block(shim) + hook.slice(first.length)
}

/** Tells whether the hook has our marks. */
export function hasBlock(hook: string): boolean {
  return hook.includes(BEGIN) && hook.includes(END)
}

/** The hook without our block, to the byte what it was; undefined where that leaves nothing but our own first line. */
export function withoutBlock(hook: string): string | undefined {
  const begin = hook.indexOf(BEGIN)
  const end = hook.indexOf(END, begin)
  if (begin === -1 || end === -1) return hook
  const rest = hook.slice(0, begin) + hook.slice(end + END.length)
  return rest === '#!/bin/sh\n' ? undefined : rest
}

/** A text as one word of the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

let shields = 0

/**
 * A Ctrl-C of the terminal ends every git that we have started. From the abort of `signal` on, until the returned function is called, each new one
 * gets a process group of its own, so that a second Ctrl-C leaves alone what stores and clears away after the first. Not before:
 * git asks for passwords on the terminal, which such a process has not.
 */
export function shieldGitAfter(signal: AbortSignal | undefined): () => void {
  let isShielding = false
  const shield = (): void => {
    if (!isShielding) shields++
    isShielding = true
  }
  if (signal?.aborted === true) shield()
  signal?.addEventListener('abort', shield, { once: true })
  return () => {
    signal?.removeEventListener('abort', shield)
    if (isShielding) shields--
    isShielding = false
  }
}

/** Whether a git that is started now is to have its own process group. */
export function isShielded(): boolean {
  return shields > 0 && process.platform !== 'win32'
}

/**
 * Whether a git that was started shielded, and was ended by this signal, is to be started again: between its birth and its group of its own the
 * terminal's signal still meets it, and then it has not begun to be git.
 */
export function wasCaughtUnborn(signal: NodeJS.Signals | null | undefined): boolean {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP'
}

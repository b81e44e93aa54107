/**
 * Reads the progress that git and git-lfs print while they transfer, in pieces as they come:
 *
 *     Receiving objects:  12% (120/1000), 1.20 MiB | 2.00 MiB/s\r
 *     Uploading LFS objects:  50% (1/2), 1.0 MB | 0 B/s
 *
 * Answers a function to hand the pieces to; `tell` gets each line that tells of progress, without its line end.
 */
export function progressReader(tell: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const parts = (rest + text).split(/[\r\n]/)
    rest = (parts.pop() ?? '').slice(-1000)
    for (const part of parts) {
      const line = part.replace(/^remote: /, '').trim()
      if (/^[A-Z][\w ]+: +\d+%? ?\(?/.test(line)) tell(line)
    }
  }
}

/** What to add to the options of a git that is to tell its progress; nothing where nobody listens. */
export function listening(tell: ((line: string) => void) | undefined): {
  readonly onStderr?: (text: string) => void
} {
  return tell === undefined ? {} : { onStderr: progressReader(tell) }
}

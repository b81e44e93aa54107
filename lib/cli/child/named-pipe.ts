import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of this process's own for named pipes, and nobody else's to look into. */
export class PipeFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'flor-run-'))

  /**
   * Makes a pipe. Node gives children sockets in place of pipes, which `/dev/stdout` cannot be opened on; a named pipe is what a shell's `|` gives.
   * @throws where mkfifo is missing or fails
   */
  pipe(name: string): NamedPipe {
    const path = join(this.path, name)
    const made = spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' })
    if (made.status !== 0) throw made.error ?? new Error(`mkfifo failed with exit code ${made.status}`)
    return new NamedPipe(path)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** A named pipe: this process reads, others write. */
export class NamedPipe {
  readonly reader: Socket
  #writer: number | undefined

  constructor(readonly path: string) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    // Held until somebody else writes: without any writer a reader is at the end at once.
    this.#writer = openSync(path, constants.O_WRONLY)
    this.reader = new Socket({ fd, readable: true, writable: false })
  }

  /** A descriptor to write to, for a child to inherit. */
  get writer(): number {
    if (this.#writer === undefined) throw new Error('the pipe has been let go')
    return this.#writer
  }

  /** Closes our own end for writing: the reader is at the end when all others have closed theirs. */
  release(): void {
    if (this.#writer !== undefined) closeSync(this.#writer)
    this.#writer = undefined
  }
}

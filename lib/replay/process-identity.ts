import { hostname } from 'node:os'
import { processStartTime } from '../runtime/process-start.js'

/** One process for good: its id is used again, with the time of its start it is one process's. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** As {@link processStartTime} tells it; empty where nobody tells. */
  readonly started: string
}

/** Who executes this. */
export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, started: processStartTime(process.pid) ?? '' }
}

/** Whether such a process of this machine is running. Where its start is not known, its id alone decides. */
export function isProcess({ pid, started }: Pick<ProcessIdentity, 'pid' | 'started'>): boolean {
  const now = processStartTime(pid)
  return now !== undefined && (started === '' || now === started)
}

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * When a process started, as its system tells it: on Linux the boot's clock ticks of /proc/<pid>/stat,
 * elsewhere what `ps` prints. Compared as text: a pid is used again, a pid and its start time are not.
 * Undefined when there is no such process, or nobody tells.
 */
export function processStartTime(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      // The second field is the program's name in parentheses, which may hold anything; starttime is the 22nd.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    } catch {
      return undefined
    }
  }
  const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return answer.stdout?.trim() || undefined
}

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const POLL_MS = 200
/** Whoever can be stopped is, long before. */
const STOPS_WITHIN_MS = 500

/** The modes of a terminal as stty(1) saves them; undefined where it does not tell. */
export function terminalModes(terminal: number): string | undefined {
  const answer = spawnSync('stty', ['-g'], { stdio: [terminal, 'pipe', 'ignore'], encoding: 'utf8' })
  const modes = answer.stdout?.trim()
  return answer.status === 0 && /^[0-9a-f:]+$/i.test(modes) ? modes : undefined
}

/**
 * Lets Ctrl-Z stop everything, as it does without a terminal between. When the command is stopped, script(1) stops, too, and leaves the user's terminal in raw mode, and the shell
 * that waits for us learns nothing. So its state is looked at, the terminal gets its modes back (`modes`), and our whole process group is stopped; when it goes on, in the
 * foreground, the terminal becomes raw again. Where a group cannot be stopped, since no shell would start it again, the command goes on. Answers what ends this.
 */
export function followStops(script: number, terminal: number, modes: string): () => void {
  let raw: string | undefined
  let resume: NodeJS.Timeout | undefined
  const goOn = (): void => {
    if (raw === undefined) return
    clearTimeout(resume)
    setModes(terminal, raw)
    raw = undefined
  }
  const timer = setInterval(() => {
    if (raw !== undefined || !isStopped(script)) return
    raw = terminalModes(terminal)
    if (raw === undefined) return
    setModes(terminal, modes)
    resume = setTimeout(() => {
      process.kill(script, 'SIGCONT')
      goOn()
    }, STOPS_WITHIN_MS)
    process.kill(0, 'SIGTSTP')
  }, POLL_MS)
  timer.unref()
  process.on('SIGCONT', goOn)
  return () => {
    clearInterval(timer)
    clearTimeout(resume)
    process.removeListener('SIGCONT', goOn)
  }
}

/** In the background stty would be stopped: it ignores that, and fails. */
function setModes(terminal: number, modes: string): void {
  spawnSync('sh', ['-c', 'trap "" TTOU; exec stty "$1"', 'sh', modes], {
    stdio: [terminal, 'ignore', 'ignore'],
    timeout: 2000,
  })
}

function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  } catch {
    return false
  }
}

/** How long ago, in Git's own words and steps (`git log --format=%ar`): `2 hours ago`, `3 days ago`, `1 year, 2 months ago`. */
export function relativeTime(thenMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - thenMs) / 1000)
  if (seconds < 0) return 'in the future'
  if (seconds < 90) return ago(seconds, 'second')
  const minutes = Math.floor((seconds + 30) / 60)
  if (minutes < 90) return ago(minutes, 'minute')
  const hours = Math.floor((minutes + 30) / 60)
  if (hours < 36) return ago(hours, 'hour')
  const days = Math.floor((hours + 12) / 24)
  if (days < 14) return ago(days, 'day')
  if (days < 70) return ago(Math.floor((days + 3) / 7), 'week')
  if (days < 365) return ago(Math.floor((days + 15) / 30), 'month')
  const months = Math.floor((days * 12 * 2 + 365) / (365 * 2))
  const [years, rest] = [Math.floor(months / 12), months % 12]
  if (years >= 5 || rest === 0) return ago(Math.floor((days + 183) / 365), 'year')
  return `${plural(years, 'year')}, ${ago(rest, 'month')}`
}

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`
const ago = (count: number, unit: string): string => `${plural(count, unit)} ago`

/** `2026-11-23 05:51:11 +0000`, in local time, as `git log --date=iso` prints it. */
export function isoTime(ms: number): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return 'unknown'
  const two = (n: number): string => String(Math.abs(n)).padStart(2, '0')
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(offset / 60))}${two(offset % 60)}`
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`
}

/** `350ms`, `4.2s`, `41s`, `1m12s`, `2h05m`, `3d04h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '?'
  if (ms < 999.5) return `${Math.round(ms)}ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)}d${String(hours % 24).padStart(2, '0')}h`
}

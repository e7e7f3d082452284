/** Times as people say them. */

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** `3 min ago`; a date where it is longer ago than a month; null of null. */
export function showAgo(time: string | null, now: Date): string | null {
  if (time === null) return null
  const seconds = Math.floor((now.getTime() - new Date(time).getTime()) / 1_000)
  if (Number.isNaN(seconds)) return time
  if (seconds > 30 * 86_400) return time.slice(0, 10)
  for (const [name, length] of units) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${name} ago`
  }
  return 'just now'
}

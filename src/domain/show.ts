/** How numbers are shown to people, everywhere the same. */

/** `42 files, 1.2 MB` */
export function showFiles(files: number, bytes: number): string {
  return `${showCount(files, 'file')}, ${showBytes(bytes)}`
}

/** `1 redirect`, `2 redirects` */
export function showCount(count: number, singular: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : `${singular}s`}`
}

/** `512 B`, `1.2 kB`, `34 MB`: decimal units, two digits. */
export function showBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`
}

/** `4.1 s`; below a tenth of a second with two digits. */
export function showDuration(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(durationMs < 100 ? 2 : 1)} s`
}

/** The first of many lines; more of them are not read by anybody in a terminal. */
export function showFirst(lines: readonly string[]): readonly string[] {
  return lines.length > linesMax ? [...lines.slice(0, linesMax), '… and more'] : lines
}

const linesMax = 12

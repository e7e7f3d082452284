/** How numbers are shown to people, everywhere the same. */

/** `42 files, 1.2 MB` */
export function showFiles(files: number, bytes: number): string {
  return `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'}, ${showBytes(bytes)}`
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

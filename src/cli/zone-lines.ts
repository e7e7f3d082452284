/** DNS records as lines of a zone file, which most places where DNS is set take as they are. Pure. */
import { isRecord, type Json, readText } from './json.ts'
import { toPlainLine } from './plain-text.ts'

export interface ZoneRecord {
  readonly type: string
  readonly name: string
  readonly value: string
  readonly purpose: string
}

/** Seconds: soon forgotten, while it may still be wrong. */
const timeToLive = 300

export function readRecords(json: Json): readonly ZoneRecord[] {
  const records = json['records']
  return (Array.isArray(records) ? records : []).filter(isRecord).map((record) => ({
    type: readText(record, 'type') ?? '',
    name: readText(record, 'name') ?? '',
    value: readText(record, 'value') ?? '',
    purpose: readText(record, 'purpose') ?? '',
  }))
}

/** Each with what it is for, as a comment above it; the same record once. */
export function renderZoneLines(records: readonly ZoneRecord[]): string {
  const widths = records.map(({ name }) => name.length + 1)
  const width = Math.max(0, ...widths)
  const lines = records.flatMap(({ type, name, value, purpose }) => [
    `; ${purpose}`,
    `${`${name}.`.padEnd(width)} ${timeToLive} IN ${type} ${renderValue(type, value)}`,
  ])
  const known = new Set<string>()
  return lines
    .map((line) => `${toPlainLine(line)}\n`)
    .filter((line) => !known.has(line) && known.add(line))
    .join('')
}

function renderValue(type: string, value: string): string {
  if (type === 'TXT') return `"${value.replace(/["\\]/g, '\\$&')}"`
  return type === 'CNAME' ? `${value}.` : value
}

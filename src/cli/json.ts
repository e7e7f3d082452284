/** Reading JSON that came from outside, a value at a time. */

export type Json = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function readText(json: Json, name: string): string | null {
  const value = json[name]
  return typeof value === 'string' ? value : null
}

export function readNumber(json: Json, name: string): number | null {
  const value = json[name]
  return typeof value === 'number' ? value : null
}

export function readRecord(json: Json, name: string): Json | null {
  const value = json[name]
  return isRecord(value) ? value : null
}

/** What a check finds in a text: mistakes by their place, and what is only worth a word. */
import { limits } from '../limits.ts'

export interface SchemaProblem {
  /** A JSON pointer (RFC 6901) to what is wrong, or to what it is missing from. */
  readonly pointer: string
  /** From 1, as editors count. */
  readonly line: number
  readonly column: number
  /** What is there and what may be there: the rest of a sentence about it. */
  readonly detail: string
}

/** Where something stands: the keys that lead to it, and its offset in the text. */
export interface Place {
  readonly path: readonly string[]
  readonly at: number
}

interface Finding {
  readonly place: Place
  readonly explain: () => string
}

export class Findings {
  readonly #text: string
  readonly #problems: Finding[] = []
  readonly #warnings = new Map<string, { readonly place: Place; count: number }>()

  constructor(text: string) {
    this.#text = text
  }

  /** How many mistakes there are so far. */
  get count(): number {
    return this.#problems.length
  }

  /** A detail that costs something to find is asked for only where it is told. */
  report(place: Place, detail: string | (() => string)): void {
    this.#problems.push({
      place: { path: [...place.path], at: place.at },
      explain: typeof detail === 'string' ? () => detail : detail,
    })
  }

  /** The same word about many places is told once. */
  warn(place: Place, text: string): void {
    const known = this.#warnings.get(text)
    if (known === undefined) this.#warnings.set(text, { place, count: 1 })
    else known.count += 1
  }

  /** The first in the order of the text, and how many more there are. */
  problems(): { readonly listed: readonly SchemaProblem[]; readonly unlisted: number } {
    const sorted = this.#problems.toSorted((a, b) => a.place.at - b.place.at)
    const first = sorted.slice(0, limits.schemaProblemsMax)
    const locate = createLocator(this.#text)
    return {
      listed: first.map(({ place, explain }) => {
        return { pointer: pointerTo(place.path), ...locate(place.at), detail: explain() }
      }),
      unlisted: sorted.length - first.length,
    }
  }

  warnings(): readonly string[] {
    const first = [...this.#warnings].slice(0, limits.schemaProblemsMax)
    const unlisted = this.#warnings.size - first.length
    const lines = first.map(([text, { place, count }]) => {
      const others = count === 1 ? '' : ` (and at ${(count - 1).toLocaleString('en')} more)`
      return `${showPointer(pointerTo(place.path))} ${text}${others}`
    })
    return unlisted > 0 ? [...lines, `… and ${unlisted.toLocaleString('en')} more`] : lines
  }
}

/** A pointer on one line of a terminal. */
export function showPointer(pointer: string): string {
  return escapeControls(pointer)
}

/** A value as a sentence shows it: short, on one line. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    const isLong = value.length > 60
    const shown = escapeControls(JSON.stringify(value.slice(0, 60).toWellFormed()))
    return isLong ? `${shown}… (${value.length.toLocaleString('en')} characters)` : shown
  }
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** Line ends, what a terminal would obey, and what turns the direction of a line. */
function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A key that is far too long for a name ends the pointer at what holds it. */
function pointerTo(path: readonly string[]): string {
  const end = path.findIndex((key) => key.length > limits.schemaLabelLengthMax)
  return path
    .slice(0, end === -1 ? undefined : end)
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

/** Counts lines once for all offsets that are asked for, which must come in their order. */
function createLocator(text: string): (at: number) => { line: number; column: number } {
  const ends = text.matchAll(/\r\n|\n|\r/g)
  let line = 1
  let start = text.startsWith('\uFEFF') ? 1 : 0
  let end = ends.next()
  return (at) => {
    while (end.done !== true && end.value.index + end.value[0].length <= at) {
      start = end.value.index + end.value[0].length
      line += 1
      end = ends.next()
    }
    return { line, column: Math.max(1, at - start + 1) }
  }
}

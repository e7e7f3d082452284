/**
 * Reads JSON (RFC 8259) and keeps the place of every value, which `JSON.parse` does not. What that
 * would take in silence is a mistake: a key that stands twice or would reach an object's prototype,
 * half a surrogate pair, a number that is none any more.
 */
import { limits } from '../limits.ts'
import { type Findings, type Place, showValue } from './findings.ts'

export type JsonNode = JsonScalar | JsonArray | JsonObject

export interface JsonScalar {
  readonly kind: 'scalar'
  readonly at: number
  readonly value: string | number | boolean | null
}

export interface JsonArray {
  readonly kind: 'array'
  readonly at: number
  readonly items: readonly JsonNode[]
}

export interface JsonObject {
  readonly kind: 'object'
  readonly at: number
  /** In the order of the text. */
  readonly members: ReadonlyMap<string, JsonMember>
}

export interface JsonMember {
  readonly keyAt: number
  readonly node: JsonNode
}

/** Null where the text is no JSON; what is wrong with it is among the findings. */
export function readJson(text: string, findings: Findings): JsonNode | null {
  try {
    return new Reader(text, findings).readDocument()
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    findings.report(error.place, error.message)
    return null
  }
}

/** The same as plain data. */
export function toValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'array':
      return node.items.map(toValue)
    case 'object':
      return Object.fromEntries(
        [...node.members].map(([key, member]) => [key, toValue(member.node)]),
      )
  }
}

/** Only what is said of an object: platforms send `null` for what they do not say. */
export function withoutNulls(node: JsonObject): JsonObject {
  const said = [...node.members].filter(
    ([, member]) => member.node.kind !== 'scalar' || member.node.value !== null,
  )
  return { ...node, members: new Map(said) }
}

class Unreadable extends Error {
  readonly place: Place

  constructor(place: Place, detail: string) {
    super(detail)
    this.place = place
  }
}

class Reader {
  readonly #text: string
  readonly #findings: Findings
  readonly #path: string[] = []
  #at = 0

  constructor(text: string, findings: Findings) {
    this.#text = text
    this.#findings = findings
  }

  readDocument(): JsonNode {
    if (this.#text.startsWith('\uFEFF')) this.#at = 1
    const node = this.#readNode()
    this.#skipBlanks()
    if (this.#at < this.#text.length) this.#fail('the end of the text')
    return node
  }

  #readNode(): JsonNode {
    this.#skipBlanks()
    const at = this.#at
    switch (this.#text[at]) {
      case '{':
        return { kind: 'object', at, members: this.#readMembers() }
      case '[':
        return { kind: 'array', at, items: this.#readItems() }
      case '"':
        return { kind: 'scalar', at, value: this.#readText() }
      default:
        return { kind: 'scalar', at, value: this.#readWord() }
    }
  }

  #readMembers(): ReadonlyMap<string, JsonMember> {
    const members = new Map<string, JsonMember>()
    this.#open()
    if (this.#take('}')) return members
    do {
      this.#skipBlanks()
      const keyAt = this.#at
      if (this.#text[keyAt] !== '"') this.#fail('a name in double quotes')
      const key = this.#readText()
      this.#path.push(key)
      if (!this.#take(':')) this.#fail('":"')
      const isUsable = this.#isUsable(key, { keyAt, isKnown: members.has(key) })
      const node = this.#readNode()
      this.#path.pop()
      if (isUsable) members.set(key, { keyAt, node })
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail('"," or "}"')
    return members
  }

  #isUsable(key: string, { keyAt, isKnown }: { keyAt: number; isKnown: boolean }): boolean {
    const place = { path: this.#path, at: keyAt }
    if (isKnown) this.#findings.report(place, 'stands twice; one of them has to go')
    if (key === '__proto__')
      this.#findings.report(place, 'is no name that can be used; choose another')
    return !isKnown && key !== '__proto__'
  }

  #readItems(): readonly JsonNode[] {
    const items: JsonNode[] = []
    this.#open()
    if (this.#take(']')) return items
    do {
      this.#path.push(String(items.length))
      items.push(this.#readNode())
      this.#path.pop()
    } while (this.#take(','))
    if (!this.#take(']')) this.#fail('"," or "]"')
    return items
  }

  /** Counts how deep it is by the path, so that no text can exhaust the stack. */
  #open(): void {
    if (this.#path.length >= limits.jsonDepthMax) {
      throw new Unreadable(
        this.#place(),
        `is nested too deeply; there may be ${limits.jsonDepthMax} levels`,
      )
    }
    this.#at += 1
  }

  /** Finds the end by hand: a regular expression over a megabyte of text may exhaust its stack. */
  #readText(): string {
    const at = this.#at
    let end = at + 1
    for (; this.#text[end] !== '"'; end += this.#text[end] === '\\' ? 2 : 1) {
      if (end >= this.#text.length) throw this.#refuse('the text that begins here has no end')
      if (this.#text.charCodeAt(end) < 0x20) {
        this.#at = end
        throw this.#refuse(
          'a line end or a control character stands in a text; write it as \\n or \\u000a',
        )
      }
    }
    this.#at = end + 1
    const text = parseToken(this.#text.slice(at, end + 1))
    if (typeof text !== 'string') {
      this.#at = at
      throw this.#refuse('a backslash of this text begins nothing that JSON knows; write it twice')
    }
    if (!text.isWellFormed()) {
      this.#findings.report(
        { path: this.#path, at },
        'holds half of a surrogate pair, which is no character',
      )
    }
    return text.toWellFormed()
  }

  #readWord(): number | boolean | null {
    const [word] = /^[^\s"{}[\],:]*/.exec(this.#text.slice(this.#at, this.#at + 400)) ?? ['']
    if (word === '') this.#fail('a value')
    const value = parseToken(word)
    if (typeof value === 'number' && !Number.isFinite(value))
      throw this.#refuse('this number is too large')
    if (typeof value !== 'number' && typeof value !== 'boolean' && value !== null) {
      throw this.#refuse(
        `${showValue(word)} is no value; texts stand in double quotes, and words are true, false and null`,
      )
    }
    this.#at += word.length
    return value
  }

  #take(mark: string): boolean {
    this.#skipBlanks()
    const isThere = this.#text[this.#at] === mark
    if (isThere) this.#at += 1
    return isThere
  }

  #skipBlanks(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1
  }

  #fail(expected: string): never {
    const found = this.#text.codePointAt(this.#at)
    const what =
      found === undefined
        ? 'the text ends here'
        : `${showValue(String.fromCodePoint(found))} stands here`
    throw this.#refuse(`${what}; expected is ${expected}`)
  }

  #refuse(detail: string): Unreadable {
    return new Unreadable(this.#place(), `is no JSON: ${detail}`)
  }

  #place(): Place {
    return { path: [...this.#path], at: this.#at }
  }
}

/** Undefined where it is nothing. */
function parseToken(token: string): unknown {
  try {
    return JSON.parse(token)
  } catch {
    return undefined
  }
}

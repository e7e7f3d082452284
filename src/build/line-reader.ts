/**
 * Reads bytes as UTF-8 text, line by line, the way a terminal would leave each line standing: after
 * a carriage return the line begins anew, escape sequences and control characters do not show. A
 * line break ends any sequence, so that an unfinished one can't swallow the lines after it.
 */
export interface LineReader {
  readonly write: (chunk: Buffer) => void
  /** Tells the line that has no end yet. */
  readonly end: () => void
}

/** Where the reader stands: in text, or how deep in an escape sequence (ECMA-48). */
type Place = 'text' | 'escape' | 'escape_more' | 'control' | 'string' | 'string_escape'

export function createLineReader(lengthMax: number, onLine: (line: string) => void): LineReader {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let place: Place = 'text'
  let line = ''
  let isTooLong = false
  let returned = false

  function startLine(): void {
    line = ''
    isTooLong = false
    returned = false
  }
  function tellLine(): void {
    onLine(isTooLong ? `${line.slice(0, lengthMax - 1).replace(loneSurrogate, '')}…` : line)
    startLine()
  }
  function append(text: string): void {
    if (returned) startLine()
    if (line.length + text.length > lengthMax) isTooLong = true
    if (!isTooLong) line += text
  }
  function read(character: string): void {
    const code = character.codePointAt(0) ?? 0
    if (code === 0x0a) {
      place = 'text'
      tellLine()
    } else if (place === 'text') readText(character, code)
    else if (code === 0x0d) {
      place = 'text'
      returned = true
    } else place = readSequence(place, code)
  }
  function readText(character: string, code: number): void {
    if (code === 0x0d) returned = true
    else if (code === 0x09) append('    ')
    else if (code === 0x1b) place = 'escape'
    else if (code === 0x9b) place = 'control'
    else if (stringStarts.has(code)) place = 'string'
    else if (isShown(code)) append(character)
  }
  return {
    write: (chunk) => {
      for (const character of decoder.decode(chunk, { stream: true })) read(character)
    },
    end: () => {
      for (const character of decoder.decode()) read(character)
      if (line !== '') tellLine()
      startLine()
      place = 'text'
    },
  }
}

const loneSurrogate = /[\ud800-\udbff]$/

/** DCS, SOS, OSC, PM and APC as single characters; the same after an escape is handled below. */
const stringStarts: ReadonlySet<number> = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f])
const stringStartsAfterEscape: ReadonlySet<number> = new Set([0x50, 0x58, 0x5d, 0x5e, 0x5f])

function readSequence(place: Exclude<Place, 'text'>, code: number): Place {
  if (place === 'string' || place === 'string_escape') {
    // BEL, or ST as one character or as two.
    if (code === 0x07 || code === 0x9c) return 'text'
    if (place === 'string_escape' && code === 0x5c) return 'text'
    return code === 0x1b ? 'string_escape' : 'string'
  }
  if (code === 0x1b) return 'escape'
  if (place === 'control') return code >= 0x40 ? 'text' : 'control'
  if (place === 'escape' && code === 0x5b) return 'control'
  if (place === 'escape' && stringStartsAfterEscape.has(code)) return 'string'
  return code >= 0x30 ? 'text' : 'escape_more'
}

/** False for control characters and for those that turn or break a line where nobody sees it. */
function isShown(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false
  if (code === 0x2028 || code === 0x2029 || code === 0xfeff) return false
  const turnsDirection =
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0x200e ||
    code === 0x200f
  return !turnsDirection
}

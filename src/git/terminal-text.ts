/** Text for the pusher's terminal: nothing of it can move the cursor, colour or hide a word. */

/** The lines of a text, each without control characters and cut at `lengthMax` characters. */
export function toTerminalLines(text: string, lengthMax: number): readonly string[] {
  return text.split(/\r\n|\n|\r/).map((line) => cutLine(disarm(line), lengthMax))
}

/** A text as one line, for git's reason beside a ref. */
export function toTerminalLine(text: string, lengthMax: number): string {
  return cutLine(disarm(text.trim().replace(/\s+/g, ' ')), lengthMax)
}

/**
 * Controls of C0 and C1 (a tabulator is none here), line and paragraph separators, and the marks
 * that turn the direction of what follows.
 */
const harmful = /(?!\t)[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

function disarm(line: string): string {
  return line.toWellFormed().replace(harmful, '\uFFFD')
}

function cutLine(line: string, lengthMax: number): string {
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1).toWellFormed()}…`
}

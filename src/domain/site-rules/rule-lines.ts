/** The lines of `_headers` and `_redirects`, and the mistakes that are found in them. */

export interface RuleProblem {
  /** From 1 on. */
  readonly line: number
  /** What is wrong, and what may stand there; a sentence without its full stop. */
  readonly detail: string
}

/** Thrown while a line is read; the line is left out, and the mistake told with its number. */
export class RuleMistake extends Error {
  override readonly name = 'RuleMistake'
}

/**
 * Calls `read` for each line that says something: no empty ones, and no comments. A carriage return
 * alone ends no line, since it ends none to whoever reviews the file.
 */
export function readLines(
  text: string,
  read: (line: string, number: number) => void,
): readonly RuleProblem[] {
  const problems: RuleProblem[] = []
  const lines = text
    .replace(/^\uFEFF/, '')
    .toWellFormed()
    .split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    if (/^[ \t]*(?:#|$)/.test(line)) continue
    try {
      read(line.trimEnd(), index + 1)
    } catch (error) {
      if (!(error instanceof RuleMistake)) throw error
      problems.push({ line: index + 1, detail: error.message })
    }
  }
  return problems
}

/** What stands in a file, as it is shown in a sentence about it. */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return `"${shown.toWellFormed().replace(/\p{Cc}/gu, '�')}"`
}

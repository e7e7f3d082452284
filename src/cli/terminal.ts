/**
 * Where the command writes: results to standard output, all else to standard error, colours only on
 * a terminal, and one line at the bottom of it that is rewritten while something goes on.
 */
import { styleText } from 'node:util'
import { cutToWidth } from './plain-text.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Paint = (style: Style, text: string) => string

export interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export class Terminal {
  readonly #out: () => Output
  readonly #err: () => Output
  readonly #hasColours: (output: Output) => boolean
  #note = ''

  /** The streams are opened by the first use of each: that takes time at every start. */
  constructor(
    streams: { readonly out: () => Output; readonly err: () => Output },
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#out = streams.out
    this.#err = streams.err
    const mayColour = (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'
    this.#hasColours = (output) => mayColour && output.isTTY === true
  }

  get isOutTerminal(): boolean {
    return this.#out().isTTY === true
  }

  get hasOutColours(): boolean {
    return this.#hasColours(this.#out())
  }

  get hasErrColours(): boolean {
    return this.#hasColours(this.#err())
  }

  readonly paintOut: Paint = (style, text) => (this.hasOutColours ? paint(style, text) : text)
  readonly paintErr: Paint = (style, text) => (this.hasErrColours ? paint(style, text) : text)

  /** Results: what another program would read. */
  out(text: string): void {
    this.#beside(() => this.#out().write(text))
  }

  /** All that is said about the work. */
  err(text: string): void {
    this.#beside(() => this.#err().write(text))
  }

  /** Rewrites the bottom line; an empty text takes it away. Shows nothing but on a terminal. */
  note(text: string): void {
    if (this.#note === text || this.#err().isTTY !== true) return
    this.#clear()
    if (text === '') return
    // Some terminals don't know their width and say 0.
    this.#note = cutToWidth(text, (this.#err().columns || 80) - 1)
    this.#err().write(this.paintErr('dim', this.#note))
  }

  #beside(write: () => void): void {
    const note = this.#note
    this.#clear()
    write()
    if (note !== '') this.note(note)
  }

  #clear(): void {
    if (this.#note !== '') this.#err().write('\r\u001b[K')
    this.#note = ''
  }
}

function paint(style: Style, text: string): string {
  // Whether there are colours has been decided; asking the stream again would be of another one.
  return styleText(style, text, { validateStream: false })
}

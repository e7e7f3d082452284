/** What of an output was met so far: held to the limits, and told where it is left out. */
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { isLeftOut } from './output-names.ts'

export interface WalkRules {
  readonly limits: Config['limits']
  readonly signal: AbortSignal
}

export interface WalkedOutput {
  readonly files: number
  readonly bytes: number
  readonly leftOut: readonly string[]
}

/** Each check throws `output_too_large`. */
export class OutputTally implements WalkedOutput {
  readonly #limits: Config['limits']
  readonly #leftOut: string[] = []
  #entries = 0
  #files = 0
  #bytes = 0

  constructor(limits: Config['limits']) {
    this.#limits = limits
  }

  get files(): number {
    return this.#files
  }

  get bytes(): number {
    return this.#bytes
  }

  get leftOut(): readonly string[] {
    return this.#leftOut
  }

  /** A name of any kind. */
  addEntry(): void {
    this.#entries += 1
    if (this.#entries > 2 * this.#limits.outputFilesMax) this.#refuseTooMany()
  }

  /** Whether the entry is not published: by its name, or by what it is. */
  leavesOut(path: string, kind: string | null): boolean {
    const reason = isLeftOut(path) ? 'not published' : kind
    if (reason !== null && this.#leftOut.length < 20) this.#leftOut.push(`${path} (${reason})`)
    return reason !== null
  }

  checkDepth(depth: number): void {
    const depthMax = this.#limits.outputDepthMax
    if (depth <= depthMax) return
    throw tooLarge(`folders more than ${depthMax} deep`, `${depthMax} levels`)
  }

  /** A file that is published. */
  addFile(path: string, bytes: number): void {
    const { outputFileBytesMax, outputFilesMax, outputBytesMax } = this.#limits
    if (bytes > outputFileBytesMax) {
      throw tooLarge(`a file of ${showMiB(bytes)} (${path})`, showMiB(outputFileBytesMax))
    }
    this.#files += 1
    this.#bytes += bytes
    if (this.#files > outputFilesMax) this.#refuseTooMany()
    if (this.#bytes > outputBytesMax) {
      throw tooLarge(`more than ${showMiB(outputBytesMax)}`, showMiB(outputBytesMax))
    }
  }

  #refuseTooMany(): never {
    const most = this.#limits.outputFilesMax
    throw tooLarge(`more than ${most} files`, `${most} files`)
  }
}

function tooLarge(what: string, most: string): SlipwayError {
  return new SlipwayError('output_too_large', { what, what_max: most })
}

function showMiB(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`
}

/** What `slipway watch` says about each file, with the file in front: several may talk at once. */
import { SlipwayError } from '../domain/errors.ts'
import type { Tale } from '../watch/project-watch.ts'
import type { Call } from './command.ts'
import { toPlainLine } from './plain-text.ts'
import { ServerProblem } from './server-problem.ts'
import { renderProblems } from './show-problems.ts'
import type { Style } from './terminal.ts'

export class TaleTeller {
  readonly #call: Pick<Call, 'terminal' | 'isJson'>
  #width = 0

  constructor(call: Pick<Call, 'terminal' | 'isJson'>) {
    this.#call = call
  }

  tell(file: string, tale: Tale): void {
    const { terminal, isJson } = this.#call
    if (isJson) terminal.out(`${JSON.stringify({ file, ...toJson(tale) })}\n`)
    else this.#show(file.replace(/\.schema\.json$/, ''), file, tale)
  }

  #show(slug: string, file: string, tale: Tale): void {
    const { terminal } = this.#call
    if (tale.kind === 'wrong') {
      terminal.err(renderProblems(file, tale))
      return
    }
    const { text, style } = describe(slug, tale)
    if (text === null) return
    this.#width = Math.max(this.#width, slug.length)
    const isBad = style === 'red' || style === 'yellow'
    const paint = isBad ? terminal.paintErr : terminal.paintOut
    const shown = style === null ? toPlainLine(text) : paint(style, toPlainLine(text))
    const line = `${paint('bold', toPlainLine(slug).padEnd(this.#width))}  ${shown}\n`
    if (isBad) terminal.err(line)
    else terminal.out(line)
  }
}

interface Description {
  /** Null where the server has said it, and for the empty lines of a push. */
  readonly text: string | null
  readonly style: Style | null
}

function describe(slug: string, tale: Exclude<Tale, { kind: 'wrong' }>): Description {
  switch (tale.kind) {
    case 'said':
      return { text: tale.text === '' ? null : tale.text, style: null }
    case 'saved':
      return { text: null, style: null }
    case 'live':
      return { text: null, style: null }
    case 'unchanged':
      return { text: 'is live as it is in the file', style: 'dim' }
    case 'warned':
      return { text: tale.text, style: 'yellow' }
    case 'gone':
      return { text: 'the file is gone; what is live stays', style: 'yellow' }
    case 'second_file':
      return { text: `not watched: ${tale.first} is the same project's`, style: 'yellow' }
    case 'unknown_project':
      return {
        text:
          `there is no project ${slug}. Run: slipway create ${slug} --slug ${slug}, and save the ` +
          'file again; or watch with --create',
        style: 'red',
      }
    case 'own_app':
      return {
        text: `not deployed: this project holds ${tale.holds}, so it is an app of its own`,
        style: 'red',
      }
    case 'moved':
      return { text: 'not deployed: others push all the time; save it again', style: 'red' }
    case 'declined':
      return { text: `not live: ${tale.reason}. What is live stays`, style: 'red' }
    case 'away':
      return { text: `not deployed yet: ${tale.reason}. Tried again in a moment`, style: 'yellow' }
    case 'refused':
      return { text: `not deployed: ${tale.reason}`, style: 'red' }
    case 'failed':
      return { text: `not deployed: ${describeError(tale.error)}`, style: 'red' }
  }
}

function describeError(error: unknown): string {
  if (error instanceof SlipwayError || error instanceof ServerProblem) {
    return `${error.message} ${error.hint}`
  }
  return error instanceof Error ? error.message : String(error)
}

function toJson(tale: Tale): Readonly<Record<string, unknown>> {
  return tale.kind === 'failed' ? { kind: tale.kind, reason: describeError(tale.error) } : tale
}

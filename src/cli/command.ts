/** What a command of the table is, and what it is given when it is called. */
import { SlipwayError } from '../domain/errors.ts'
import type { ExitCode } from './exit-code.ts'
import type { Input } from './prompt.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

/** In the order in which the help shows them. */
export const groups = [
  'Begin:',
  'Look:',
  'Deploy:',
  'Apps made from a schema:',
  'Settings of a project:',
] as const

export interface CommandRow {
  /** The words of the command and its arguments: `env set <name>`. */
  readonly usage: string
  readonly group: (typeof groups)[number]
  readonly summary: string
  /** Further sentences of its own help. */
  readonly about?: string
  readonly options?: readonly OptionRow[]
  /** What is typed after `slipway`, and what it does. */
  readonly examples: readonly (readonly [typed: string, does: string])[]
  readonly run: (call: Call) => Promise<ExitCode>
}

export interface OptionRow {
  readonly flags: string
  readonly summary: string
  readonly choices?: readonly string[]
}

export interface Call {
  /** Those of `usage`, in its order; undefined where one was left out. */
  readonly values: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, unknown>>
  readonly session: Session
  readonly terminal: Terminal
  readonly openInput: () => Input
  /** What is done first when Ctrl-C or a signal ends the command. */
  readonly beforeEnd: (end: () => Promise<void>) => void
  readonly isJson: boolean
  readonly now: Date
}

export const projectOption: OptionRow = {
  flags: '-p, --project <project>',
  summary: 'the project; else that of the git remote "deploy" of this folder',
}

export function readTextOption({ options }: Pick<Call, 'options'>, name: string): string | null {
  const value = options[name]
  return typeof value === 'string' ? value : null
}

export function isSet({ options }: Pick<Call, 'options'>, name: string): boolean {
  return options[name] === true
}

/** The project of the command line: an argument, or `--project`. */
export function readProject(call: Pick<Call, 'values' | 'options'>): string | null {
  return call.values[0] ?? readTextOption(call, 'project')
}

/** The number of a deployment, with or without its `v`. Throws `command_misused`. */
export function readDeploymentNumber(text: string): number {
  const found = /^v?([1-9][0-9]{0,8})$/.exec(text)
  if (found !== null) return Number(found[1])
  throw misused(`"${text.slice(0, 80)}" is no deployment.`, 'Name it like 12 or v12.')
}

export function misused(problem: string, remedy: string): SlipwayError {
  return new SlipwayError('command_misused', { problem, remedy })
}

/** JSON for programs, one document. */
export function writeJson({ terminal }: Pick<Call, 'terminal'>, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`)
}

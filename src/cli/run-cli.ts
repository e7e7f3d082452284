/** One call of the command, from its words to its exit code. Knows neither the process nor its exit. */
import type { Call } from './command.ts'
import { commandRows, commandsElsewhere } from './commands.ts'
import type { ExitCode } from './exit-code.ts'
import { parseWords } from './program.ts'
import type { Input } from './prompt.ts'
import { Session } from './session.ts'
import { showFailure } from './show-failure.ts'
import type { Terminal } from './terminal.ts'

export interface CliParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly folder: string
  readonly homeDir: string
  readonly terminal: Terminal
  readonly openInput: () => Input
  readonly beforeEnd: Call['beforeEnd']
  readonly version: string
}

export async function runCli(words: readonly string[], parts: CliParts): Promise<ExitCode> {
  const { terminal, environment, folder, homeDir, openInput, beforeEnd } = parts
  const isJson = words.includes('--json')
  try {
    const called = await parseWords(words, {
      rows: commandRows,
      elsewhere: commandsElsewhere,
      version: parts.version,
      terminal,
    })
    if (typeof called === 'number') return called
    const { row, values, options } = called
    const [flagUrl, tokenFile] = [toText(options['url']), toText(options['tokenFile'])]
    const session = new Session({ environment, folder, homeDir, flagUrl, tokenFile })
    const now = new Date()
    const call = { values, options, session, terminal, openInput, beforeEnd, isJson, now }
    return await row.run(call)
  } catch (error) {
    return showFailure(error, terminal, isJson)
  }
}

function toText(option: unknown): string | null {
  return typeof option === 'string' ? option : null
}

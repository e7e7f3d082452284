/** The table of commands as commander knows it: words, help with examples, and errors of usage. */
import { type Argument, Command, CommanderError, Option } from 'commander'
import { type CommandRow, groups } from './command.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'
import { describeExtra, describeUnknown } from './unknown-command.ts'

export interface ProgramCall {
  readonly row: CommandRow
  readonly values: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, unknown>>
}

export interface ProgramParts {
  readonly rows: readonly CommandRow[]
  /** Commands of Slipway's that are not here, and what does their work. */
  readonly elsewhere: Readonly<Record<string, string>>
  readonly version: string
  readonly terminal: Terminal
}

/** What was called; an exit code where commander has answered all that was asked. */
export async function parseWords(
  words: readonly string[],
  parts: ProgramParts,
): Promise<ProgramCall | ExitCode> {
  let called: ProgramCall | null = null
  // Making the others known takes longer than all else; where the first word is no command, they
  // are needed for the help and for what may have been meant.
  const own = parts.rows.filter(({ usage }) => usage.split(' ')[0] === words[0])
  const program = buildProgram(own.length > 0 ? own : parts.rows, parts, (call) => {
    called = call
  })
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  return called ?? exitCodes.done
}

function buildProgram(
  rows: readonly CommandRow[],
  { rows: all, elsewhere, version, terminal }: ProgramParts,
  onCall: (call: ProgramCall) => void,
): Command {
  const known = all.map(({ usage }) => namesOf(usage).join(' '))
  const program = new Command('slipway')
    .description('Follows and drives projects on a Slipway server.')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text)
      },
      writeErr: (text) => {
        terminal.err(text)
      },
      getOutHasColors: () => terminal.hasOutColours,
      getErrHasColors: () => terminal.hasErrColours,
      outputError: (text, write) => {
        write(`slipway: ${text.replace(/^error: /, '')}`)
      },
    })
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(showArgument)].join(' '),
      styleTitle: (text) => terminal.paintOut('bold', text),
    })
    .version(version, '-V, --version', 'shows the version')
    .helpOption('-h, --help', 'shows this help')
    .helpCommand(false)
    .showHelpAfterError('  slipway --help shows all commands.')
    .option('--json', 'JSON for programs, as REST has it')
    .option('--url <url>', 'the server; else SLIPWAY_URL, else that of the last login')
    .option('--token-file <file>', 'a file with the token; else SLIPWAY_TOKEN, else that of login')
    .addHelpText('after', () => `\n${renderExamples(firstSteps, terminal)}\n${exitHelp}`)
  for (const group of groups) {
    for (const row of rows) {
      if (row.group === group) addRow(program, row, { known, terminal, onCall })
    }
  }
  for (const [name, remedy] of Object.entries(elsewhere)) addElsewhere(program, name, remedy)
  addHelp(program, known)
  return program.on('command:*', ([word]: readonly string[]) => {
    program.error(describeUnknown([word ?? ''], known))
  })
}

interface RowParts {
  /** All commands, by their words. */
  readonly known: readonly string[]
  readonly terminal: Terminal
  readonly onCall: (call: ProgramCall) => void
}

function addRow(program: Command, row: CommandRow, { known, terminal, onCall }: RowParts): void {
  const words = row.usage.split(' ')
  const names = namesOf(row.usage)
  const parent = findCommand(program, names.slice(0, -1)) ?? program
  const command = parent
    .command(names.at(-1) ?? '')
    .summary(row.summary)
    .description(row.about === undefined ? row.summary : `${row.summary}\n${row.about}`)
    .helpGroup(names.length > 1 ? 'Commands:' : row.group)
    .helpOption('-h, --help', 'shows this help')
    .showHelpAfterError(`  slipway ${names.join(' ')} --help shows how.`)
    .addHelpText('after', () => `\n${renderExamples(row.examples, terminal)}`)
  for (const word of words.slice(names.length)) command.argument(word)
  for (const { flags, summary, choices } of row.options ?? []) {
    const option = new Option(flags, summary)
    command.addOption(choices === undefined ? option : option.choices(choices))
  }
  const valuesMax = words.length - names.length
  command.allowExcessArguments().action((...given: readonly unknown[]) => {
    const values = given.slice(0, valuesMax)
    const extra = command.args[valuesMax]
    if (extra !== undefined) {
      // Where there are commands below it, one of them was meant.
      const isParent = command.commands.length > 0
      const all = [...names, ...command.args]
      command.error(isParent ? describeUnknown(all, known) : describeExtra({ names, extra }, known))
    }
    onCall({ row, values: values.map(toValue), options: command.optsWithGlobals() })
  })
}

function addHelp(program: Command, known: readonly string[]): void {
  program
    .command('help')
    .argument('[command...]')
    .description('shows the help of a command')
    .helpGroup('Other:')
    .action((names: readonly string[]) => {
      const command = findCommand(program, names)
      if (command === undefined) program.error(describeUnknown(names, known))
      command.help()
    })
}

function findCommand(program: Command, names: readonly string[]): Command | undefined {
  return names.reduce<Command | undefined>(
    (found, name) => found?.commands.find((command) => command.name() === name),
    program,
  )
}

/** The words of a usage that are the command itself. */
function namesOf(usage: string): readonly string[] {
  return usage.split(' ').filter((word) => /^[a-z]/.test(word))
}

/** Not in the help, but answered in plain words. */
function addElsewhere(program: Command, name: string, remedy: string): void {
  const command = program.command(name, { hidden: true }).description(remedy)
  command
    .allowUnknownOption()
    .showHelpAfterError(false)
    .argument('[words...]')
    .action(() => {
      command.error(`"slipway ${name}" is not part of this command.\n  ${remedy}`)
    })
}

function showArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
}

function toValue(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

const firstSteps = [
  ['login https://deploy.example.org', 'asks for a token and keeps it'],
  ['create "My app"', 'makes a project'],
  ['link my-app', 'lets git push deploy from this folder'],
  ['logs -f', 'follows the newest deployment'],
] as const

const exitHelp = `Ends with 0 done, 1 failed or refused, 2 wrong usage, 3 not authorised,
4 not found, 5 server out of reach.
`

function renderExamples(
  examples: readonly (readonly [typed: string, does: string])[],
  terminal: Terminal,
): string {
  const width = Math.max(...examples.map(([typed]) => typed.length))
  const lines = examples.map(([typed, does]) => `  slipway ${typed.padEnd(width)}  ${does}\n`)
  return `${terminal.paintOut('bold', 'Examples:')}\n${lines.join('')}`
}

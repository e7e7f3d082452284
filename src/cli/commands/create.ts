/** `slipway create`: makes a project. */
import { frameworks } from '../../domain/project.ts'
import { type CommandRow, readTextOption, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'

export const create: CommandRow = {
  usage: 'create <name>',
  group: 'Begin:',
  summary: 'makes a project',
  options: [
    { flags: '--slug <slug>', summary: 'its name in addresses; else made from the name' },
    { flags: '--framework <framework>', summary: 'what it is made with', choices: frameworks },
  ],
  examples: [
    ['create "My app"', 'at my-app-…, five letters of chance'],
    ['create "My app" --slug my-app', 'at my-app'],
  ],
  run: async (call) => {
    const { session, terminal, values, isJson } = call
    const [slug, framework] = [readTextOption(call, 'slug'), readTextOption(call, 'framework')]
    const api = await session.connect()
    const project = await api.post('/projects/', {
      name: values[0] ?? '',
      ...(slug === null ? {} : { schema_name: slug }),
      ...(framework === null ? {} : { framework }),
    })
    if (isJson) {
      writeJson(call, project)
      return exitCodes.done
    }
    const made = toPlainLine(readText(project, 'slug') ?? '')
    terminal.out(
      `${terminal.paintOut('bold', made)} is there; its git remote is ` +
        `${toPlainLine(readText(project, 'git_url') ?? '')}\n`,
    )
    terminal.err(`Next, in the folder of the app: slipway link ${made}; git push deploy main\n`)
    return exitCodes.done
  },
}

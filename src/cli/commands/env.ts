/** `slipway env`: the variables that builds of a project see. Their values are never read back. */
import { projectPath } from '../api.ts'
import { type CommandRow, projectOption, readTextOption, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { readHidden } from '../prompt.ts'
import { showAgo } from '../show-time.ts'
import { renderTable } from '../table.ts'

const next = 'Builds see it from the next deployment on: slipway redeploy\n'

export const env: CommandRow = {
  usage: 'env',
  group: 'Settings of a project:',
  summary: 'lists the variables that builds see; sets and removes them',
  options: [projectOption],
  examples: [
    ['env', 'their names: values are never shown'],
    ['env set API_KEY', 'asks for the value'],
    ['env unset API_KEY', 'removes it'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const found = await api.list(projectPath(project, 'env/'))
    if (call.isJson) writeJson(call, { results: found, next: null })
    else if (found.length === 0) terminal.err('No variable is set.\n')
    else {
      const rows = found.map((entry) => [
        readText(entry, 'name'),
        showAgo(readText(entry, 'updated_at') ?? readText(entry, 'created_at'), now),
      ])
      terminal.out(renderTable(['name', 'set'], rows, terminal.paintOut))
    }
    return exitCodes.done
  },
}

export const envSet: CommandRow = {
  usage: 'env set <name>',
  group: 'Settings of a project:',
  summary: 'sets a variable to what is typed or piped',
  options: [projectOption],
  examples: [
    ['env set API_KEY', 'asks for the value and does not show it'],
    ['env set API_KEY < key.txt', 'takes the file, without the line end that closes it'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const name = call.values[0] ?? ''
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const value = await readHidden(`Value of ${name}: `, {
      input: call.openInput(),
      write: (text) => {
        terminal.err(text)
      },
    })
    const set = await api.put(projectPath(project, `env/${encodeURIComponent(name)}`), { value })
    if (call.isJson) writeJson(call, set)
    else terminal.err(`${name} is set. ${next}`)
    return exitCodes.done
  },
}

export const envUnset: CommandRow = {
  usage: 'env unset <name>',
  group: 'Settings of a project:',
  summary: 'removes a variable',
  options: [projectOption],
  examples: [['env unset API_KEY', 'builds do not see it any more']],
  run: async (call) => {
    const name = call.values[0] ?? ''
    const { api, project } = await call.session.connectTo(readTextOption(call, 'project'))
    await api.delete(projectPath(project, `env/${encodeURIComponent(name)}`))
    if (call.isJson) writeJson(call, { name, deleted: true })
    else call.terminal.err(`${name} is removed. ${next}`)
    return exitCodes.done
  },
}

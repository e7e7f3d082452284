/** `slipway delete`: takes a project away with all that it has. */
import { projectPath } from '../api.ts'
import { type Call, type CommandRow, isSet, misused, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { toPlainLine } from '../plain-text.ts'
import { readShown } from '../prompt.ts'

export const deleteProject: CommandRow = {
  usage: 'delete <project>',
  group: 'Settings of a project:',
  summary: 'deletes a project: site, repository, releases and tokens',
  options: [{ flags: '--yes', summary: 'does not ask' }],
  examples: [
    ['delete my-app', 'asks for the name once more'],
    ['delete my-app --yes', 'for scripts'],
  ],
  run: async (call) => {
    const project = call.values[0] ?? ''
    const { api } = await call.session.connectTo(project)
    if (!isSet(call, 'yes')) {
      // What does not exist need not be asked about.
      await api.get(projectPath(project))
      await confirm(call, project)
    }
    await api.delete(projectPath(project))
    if (call.isJson) writeJson(call, { project, deleted: true })
    else call.terminal.out(`${toPlainLine(project)} is deleted.\n`)
    return exitCodes.done
  },
}

async function confirm({ openInput, terminal }: Call, project: string): Promise<void> {
  const input = openInput()
  if (input.isTTY !== true) {
    throw misused(`Nothing was deleted.`, `To delete it, run: slipway delete ${project} --yes`)
  }
  const typed = await readShown(
    `This deletes the site, the repository and all releases.\nType ${toPlainLine(project)} to go on: `,
    {
      input,
      write: (text) => {
        terminal.err(text)
      },
    },
  )
  if (typed !== project) throw misused('Nothing was deleted.', 'The name was another one.')
}

/** `slipway cancel`: gives a deployment up. */
import { projectPath } from '../api.ts'
import {
  type CommandRow,
  projectOption,
  readDeploymentNumber,
  readTextOption,
  writeJson,
} from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'

export const cancel: CommandRow = {
  usage: 'cancel <number>',
  group: 'Deploy:',
  summary: 'gives up a deployment that waits or runs',
  about: 'One that visitors see already is finished instead.',
  options: [projectOption],
  examples: [['cancel v13', 'nothing changes for visitors']],
  run: async (call) => {
    const { session, terminal } = call
    const number = readDeploymentNumber(call.values[0] ?? '')
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const answer = await api.post(projectPath(project, `deployments/${number}/cancel`), {})
    if (call.isJson) writeJson(call, answer)
    else if (readText(answer, 'outcome') === 'finishing') {
      terminal.out(`v${number} is live already for visitors, so it is finished.\n`)
    } else terminal.out(`v${number} is given up.\n`)
    return exitCodes.done
  },
}

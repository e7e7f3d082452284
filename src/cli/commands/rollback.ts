/** `slipway rollback`: makes an earlier release live again. */
import { type CommandRow, projectOption, readDeploymentNumber, readTextOption } from '../command.ts'
import { deployAgain, waitOption } from '../deploy-again.ts'

export const rollback: CommandRow = {
  usage: 'rollback [to]',
  group: 'Deploy:',
  summary: 'makes an earlier release live again, without a build',
  about: 'To "previous", what was live before, where nothing else is given.',
  options: [projectOption, waitOption],
  examples: [
    ['rollback', 'to what was live before'],
    ['rollback v12', 'to a certain one'],
  ],
  run: async (call) => {
    const to = call.values[0] ?? 'previous'
    const body = { to: to === 'previous' ? to : readDeploymentNumber(to) }
    return deployAgain(call, readTextOption(call, 'project'), { path: 'rollback', body })
  },
}

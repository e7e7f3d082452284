/** `slipway redeploy`: deploys again what the production branch is on the server. */
import { type CommandRow, isSet, projectOption, readProject } from '../command.ts'
import { deployAgain, waitOption } from '../deploy-again.ts'

export const redeploy: CommandRow = {
  usage: 'redeploy [project]',
  group: 'Deploy:',
  summary: 'deploys again what the production branch is on the server',
  options: [
    projectOption,
    { flags: '--force-rebuild', summary: 'builds even where the same files were built before' },
    { flags: '--clear-cache', summary: 'drops the packages that were kept, first' },
    waitOption,
  ],
  examples: [
    ['redeploy', 'and waits until it is live'],
    ['redeploy --force-rebuild --no-wait', 'builds anew, and does not wait'],
  ],
  run: (call) =>
    deployAgain(call, readProject(call), {
      path: 'redeploy',
      body: {
        force_rebuild: isSet(call, 'forceRebuild'),
        clear_cache: isSet(call, 'clearCache'),
      },
    }),
}

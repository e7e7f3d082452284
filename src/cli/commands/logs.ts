/** `slipway logs`: what a deployment says, also while it says it. */
import { SlipwayError } from '../../domain/errors.ts'
import { ProgressLines } from '../../domain/progress-lines.ts'
import { type Api, projectPath } from '../api.ts'
import { paintLine } from '../colours.ts'
import {
  type Call,
  type CommandRow,
  isSet,
  projectOption,
  readDeploymentNumber,
  readProject,
  readTextOption,
} from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import {
  followLog,
  type LogOfDeployment,
  readLog,
  readState,
  type SeenEvent,
} from '../follow-log.ts'
import { toPlainLine } from '../plain-text.ts'
import { readNewest } from '../shapes.ts'
import { explainUnknown } from '../unknown-number.ts'
import { concludeDeployment } from '../watch-deployment.ts'

export const logs: CommandRow = {
  usage: 'logs [project]',
  group: 'Look:',
  summary: 'shows the log of a deployment',
  about: 'With -f it ends with the deployment, and with 1 where that is not live.',
  options: [
    projectOption,
    { flags: '-f, --follow', summary: 'goes on until the deployment is over' },
    { flags: '-d, --deployment <number>', summary: 'which one; the newest where it is not given' },
  ],
  examples: [
    ['logs -f', 'follows the newest deployment of the project of this folder'],
    ['logs my-app --deployment v12', 'one that is over'],
    ['logs --json', 'one event a line, as the WebSocket sends them'],
  ],
  run: async (call) => {
    const { api, project } = await call.session.connectTo(readProject(call))
    const wanted = readTextOption(call, 'deployment')
    const number =
      wanted === null ? await findNewest(call, api, project) : readDeploymentNumber(wanted)
    const log = { project, number }
    return isSet(call, 'follow') ? follow(call, api, log) : show(call, api, log)
  },
}

async function show(call: Call, api: Api, log: LogOfDeployment): Promise<ExitCode> {
  const write = createWriter(call)
  for await (const seen of readLog(api, log)) write(seen)
  if (!call.isJson) {
    const { error } = await readState(api, log)
    if (error !== null)
      call.terminal.out(`\n  ${toPlainLine(error.message)}\n  ${toPlainLine(error.hint)}\n`)
  }
  return exitCodes.done
}

async function follow(call: Call, api: Api, log: LogOfDeployment): Promise<ExitCode> {
  const write = createWriter(call)
  const events = followLog(api, log)
  for (;;) {
    const next = await events.next()
    if (next.done === true) return concludeDeployment(next.value, call.terminal)
    write(next.value)
  }
}

function createWriter({ terminal, isJson }: Call): (seen: SeenEvent) => void {
  const progress = new ProgressLines()
  return ({ event, line }) => {
    if (isJson) terminal.out(`${line}\n`)
    else {
      for (const shown of progress.show(event)) {
        terminal.out(`${paintLine(toPlainLine(shown), event, terminal.paintOut)}\n`)
      }
    }
  }
}

async function findNewest({ values }: Call, api: Api, project: string): Promise<number> {
  const about = await api.get(projectPath(project)).catch((error: unknown) => {
    throw explainUnknown(error, values[0], 'logs')
  })
  const newest = readNewest(about)
  if (newest === null) throw new SlipwayError('deployment_not_found', { number: 1 })
  return newest.number
}

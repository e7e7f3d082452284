/** `slipway status`: what is live, and what became of the newest deployment. */
import { projectPath } from '../api.ts'
import { paintStatus } from '../colours.ts'
import { type CommandRow, projectOption, readProject, writeJson } from '../command.ts'
import { describeDeployment, describeError } from '../describe-deployment.ts'
import { exitCodes } from '../exit-code.ts'
import { isRecord, type Json, readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { isOver, readNewest, type ShownDeployment } from '../shapes.ts'

export const status: CommandRow = {
  usage: 'status [project]',
  group: 'Look:',
  summary: 'shows what is live and how the newest deployment is',
  about:
    'Ends with 0 also where that one failed: logs -f, redeploy and rollback tell by exit code.',
  options: [projectOption],
  examples: [
    ['status', 'of the project of this folder'],
    ['status my-app --json', 'as GET …/deployment-status answers'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const { api, project } = await session.connectTo(readProject(call))
    const answer = await api.get(projectPath(project, 'deployment-status'))
    if (call.isJson) {
      writeJson(call, answer)
      return exitCodes.done
    }
    const paint = terminal.paintOut
    const newest = readNewest(answer)
    const line = (name: string, text: string): string =>
      `  ${paint('dim', name.padEnd(8))}${text}\n`
    const state = paintStatus(readText(answer, 'status') ?? '', paint)
    const lines = [
      `${paint('bold', toPlainLine(project))}  ${state}\n`,
      line('live', toPlainLine(readText(answer, 'frontend_url') ?? 'nothing yet')),
      ...(newest === null ? [] : [line('newest', describeDeployment(newest, now))]),
      ...describeStep(answer, newest).map((text) => line('now', text)),
      ...describeError(newest).map((text, index) => line(index === 0 ? 'error' : '', text)),
    ]
    terminal.out(lines.map((text) => text.replace(/ +\n$/, '\n')).join(''))
    return exitCodes.done
  },
}

/** The last word of one that is not over. */
function describeStep(answer: Json, newest: ShownDeployment | null): readonly string[] {
  const logs = answer['deployment_logs']
  if (newest === null || isOver(newest.status) || !Array.isArray(logs)) return []
  const last: unknown = logs.at(-1)
  if (!isRecord(last)) return []
  return [toPlainLine(`${readText(last, 'step') ?? ''} ${readText(last, 'message') ?? ''}`)]
}

/** `slipway status`: what is live, and what became of the newest deployment. */
import { showDuration } from '../../domain/show.ts'
import { projectPath } from '../api.ts'
import { paintStatus } from '../colours.ts'
import { type CommandRow, projectOption, readProject, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { isRecord, type Json, readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { isOver, readNewest, type ShownDeployment } from '../shapes.ts'
import { showAgo } from '../show-time.ts'

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
      ...(newest === null ? [] : [line('newest', describe(newest, now))]),
      ...describeStep(answer, newest).map((text) => line('now', text)),
      ...describeError(newest).map((text, index) => line(index === 0 ? 'error' : '', text)),
    ]
    terminal.out(lines.map((text) => text.replace(/ +\n$/, '\n')).join(''))
    return exitCodes.done
  },
}

/** `v12 completed, push of main 4f2c1a9 by ci, 3 min ago, in 4.1 s` */
function describe(deployment: ShownDeployment, now: Date): string {
  const { number, branch, commit, trigger, actor, startedAt, finishedAt } = deployment
  const source = [branch, commit?.slice(0, 7)].filter((word) => typeof word === 'string')
  const parts = [
    `v${number} ${deployment.status}`,
    `${trigger ?? ''}${source.length === 0 ? '' : ` of ${source.join(' ')}`} by ${actor ?? '?'}`,
    showAgo(finishedAt ?? deployment.createdAt, now) ?? '',
    ...(startedAt === null || finishedAt === null
      ? []
      : [`in ${showDuration(new Date(finishedAt).getTime() - new Date(startedAt).getTime())}`]),
  ]
  return toPlainLine(parts.join(', '))
}

function describeError(newest: ShownDeployment | null): readonly string[] {
  const error = newest?.error ?? null
  return error === null ? [] : [error.message, error.hint].map(toPlainLine)
}

/** The last word of one that is not over. */
function describeStep(answer: Json, newest: ShownDeployment | null): readonly string[] {
  const logs = answer['deployment_logs']
  if (newest === null || isOver(newest.status) || !Array.isArray(logs)) return []
  const last: unknown = logs.at(-1)
  if (!isRecord(last)) return []
  return [toPlainLine(`${readText(last, 'step') ?? ''} ${readText(last, 'message') ?? ''}`)]
}

/** `slipway deployments`: the newest of a project. */
import { showDuration } from '../../domain/show.ts'
import { projectPath } from '../api.ts'
import { colourStatus } from '../colours.ts'
import {
  type CommandRow,
  misused,
  projectOption,
  readProject,
  readTextOption,
  writeJson,
} from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readDeployment, type ShownDeployment } from '../shapes.ts'
import { showAgo } from '../show-time.ts'
import { renderTable } from '../table.ts'

const shownAtOnce = 20

export const deployments: CommandRow = {
  usage: 'deployments [project]',
  group: 'Look:',
  summary: 'lists the newest deployments of a project',
  options: [
    projectOption,
    { flags: '--limit <number>', summary: `how many; ${shownAtOnce} where it is not given` },
  ],
  examples: [
    ['deployments', 'of the project of this folder'],
    ['deployments my-app --limit 100 --json', '{"results": […], "next": null}'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const limit = readLimit(readTextOption(call, 'limit'))
    const { api, project } = await session.connectTo(readProject(call))
    const found = await api.list(projectPath(project, 'deployments/'), limit)
    if (call.isJson) {
      writeJson(call, { results: found, next: null })
      return exitCodes.done
    }
    const rows = found
      .map(readDeployment)
      .map((one) => [
        `v${one.number}`,
        colourStatus(one.status),
        one.trigger,
        one.branch,
        one.commit?.slice(0, 7) ?? null,
        one.actor,
        showAgo(one.createdAt, now),
        showLength(one),
      ])
    const head = ['number', 'status', 'by', 'branch', 'commit', 'who', 'when', 'took']
    terminal.out(renderTable(head, rows, terminal.paintOut))
    return exitCodes.done
  },
}

function showLength({ startedAt, finishedAt }: ShownDeployment): string | null {
  if (startedAt === null || finishedAt === null) return null
  return showDuration(new Date(finishedAt).getTime() - new Date(startedAt).getTime())
}

function readLimit(text: string | null): number {
  if (text === null) return shownAtOnce
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text)
  throw misused(`"${text.slice(0, 80)}" is no number of deployments.`, 'Give one such as 50.')
}

/** `slipway deployments`: the newest of a project, or one of them with its steps. */
import { showBytes, showFiles } from '../../domain/show.ts'
import { type Api, projectPath } from '../api.ts'
import { colourStatus, paintStatus } from '../colours.ts'
import {
  type Call,
  type CommandRow,
  misused,
  projectOption,
  readDeploymentNumber,
  readProject,
  readTextOption,
  writeJson,
} from '../command.ts'
import { describeDeployment, describeError, showLength } from '../describe-deployment.ts'
import { exitCodes } from '../exit-code.ts'
import type { Json } from '../json.ts'
import { readDeployment, readSteps, type ShownStep } from '../shapes.ts'
import { showAgo } from '../show-time.ts'
import { type Cell, renderTable } from '../table.ts'
import { explainUnknown } from '../unknown-number.ts'

const shownAtOnce = 20

export const deployments: CommandRow = {
  usage: 'deployments [project]',
  group: 'Look:',
  summary: 'lists the newest deployments of a project, or shows one',
  about: 'One is shown with its steps, how long they took, and what they used of the server.',
  options: [
    projectOption,
    { flags: '-d, --deployment <number>', summary: 'shows that one with its steps' },
    { flags: '--limit <number>', summary: `how many; ${shownAtOnce} where it is not given` },
  ],
  examples: [
    ['deployments', 'of the project of this folder'],
    ['deployments -d v12', 'one, with its steps and what they used'],
    ['deployments my-app --limit 100 --json', '{"results": […], "next": null}'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const limit = readLimit(readTextOption(call, 'limit'))
    const wanted = readTextOption(call, 'deployment')
    const number = wanted === null ? null : readDeploymentNumber(wanted)
    const { api, project } = await session.connectTo(readProject(call))
    if (number !== null) {
      await showOne(call, api, projectPath(project, `deployments/${number}`))
      return exitCodes.done
    }
    const found = await api
      .list(projectPath(project, 'deployments/'), limit)
      .catch((error: unknown) => {
        throw explainUnknown(error, call.values[0], 'deployments')
      })
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

async function showOne(call: Call, api: Api, path: string): Promise<void> {
  const { terminal, now } = call
  const answer = await api.get(path)
  if (call.isJson) {
    writeJson(call, answer)
    return
  }
  const shown = readDeployment(answer)
  const paint = terminal.paintOut
  const [error, ...hints] = describeError(shown)
  const lines = [
    describeDeployment(shown, now).replace(shown.status, paintStatus(shown.status, paint)),
    ...(error === undefined ? [] : [error, ...hints].map((text) => `  ${text}`)),
  ]
  terminal.out(`${lines.join('\n')}\n\n${renderSteps(answer, call)}`)
}

function renderSteps(answer: Json, { terminal }: Call): string {
  const rows = readSteps(answer).map((step): readonly Cell[] => [
    step.name,
    colourStatus(step.status),
    showLength(step),
    step.cpuSeconds === null ? null : `${step.cpuSeconds.toFixed(2)} s`,
    step.peakMemoryBytes === null ? null : showBytes(step.peakMemoryBytes),
    showWritten(step),
  ])
  const head = ['step', 'status', 'took', 'cpu', 'memory', 'wrote']
  return renderTable(head, rows, terminal.paintOut)
}

function showWritten({ files, bytes }: ShownStep): string | null {
  return files === null || bytes === null ? null : showFiles(files, bytes)
}

function readLimit(text: string | null): number {
  if (text === null) return shownAtOnce
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text)
  throw misused(`"${text.slice(0, 80)}" is no number of deployments.`, 'Give one such as 50.')
}

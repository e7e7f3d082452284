/** Redeploy and rollback: asked for once, and watched until they are over. */
import { type Api, projectPath } from './api.ts'
import { type Call, type OptionRow, writeJson } from './command.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Json } from './json.ts'
import { concludeDeployment, watchDeployment } from './watch-deployment.ts'

export const waitOption: OptionRow = {
  flags: '--no-wait',
  summary: 'ends as soon as it is queued',
}

export interface Queued {
  readonly api: Api
  readonly project: string
  readonly number: number
  /** What the server said to it. */
  readonly answer: Json
}

export async function deployAgain(
  call: Call,
  named: string | null,
  { path, body }: { readonly path: 'redeploy' | 'rollback'; readonly body: Json },
): Promise<ExitCode> {
  const { api, project } = await call.session.connectTo(named)
  const { number, answer } = await api.deploy(projectPath(project, path), body)
  return followDeployment(call, { api, project, number, answer })
}

/** Watches what was asked for until it is over, unless nobody wants to wait. */
export async function followDeployment(
  call: Call,
  { api, project, number, answer }: Queued,
): Promise<ExitCode> {
  const { terminal, isJson } = call
  if (call.options['wait'] === false) {
    if (isJson) writeJson(call, answer)
    else terminal.out(`v${number} is queued. To follow it: slipway logs -f ${project}\n`)
    return exitCodes.done
  }
  const toErr = { terminal, write: (text: string) => terminal.err(text), paint: terminal.paintErr }
  const toOut = { terminal, write: (text: string) => terminal.out(text), paint: terminal.paintOut }
  const log = { project, number }
  const ended = await watchDeployment({ api, log }, isJson ? toErr : toOut)
  if (isJson) writeJson(call, await api.get(projectPath(project, `deployments/${number}/`)))
  return concludeDeployment(ended, terminal)
}

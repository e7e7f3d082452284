/** What is told about the number of a deployment where the name of a project is taken. */
import { misused } from './command.ts'
import { ServerProblem } from './server-problem.ts'

/** `slipway logs v12` names a project, and hardly anybody means one. */
export function explainUnknown(error: unknown, named: string | undefined, command: string) {
  const isNumber = /^v?[1-9][0-9]{0,8}$/.test(named ?? '')
  const isUnknown = error instanceof ServerProblem && error.code === 'project_not_found'
  if (!isNumber || !isUnknown) return error
  const hint = `For a deployment, run: slipway ${command} -d ${named ?? ''}`
  return misused(`There is no project "${named ?? ''}".`, hint)
}

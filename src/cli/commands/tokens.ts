/** `slipway tokens`: who else may push to a project or look at it. */
import { projectPath } from '../api.ts'
import { type CommandRow, misused, projectOption, readTextOption, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { showAgo } from '../show-time.ts'
import { renderTable } from '../table.ts'

export const tokens: CommandRow = {
  usage: 'tokens',
  group: 'Settings of a project:',
  summary: 'lists the tokens of a project; makes and revokes them',
  options: [projectOption],
  examples: [
    ['tokens', 'their names and ids: the tokens themselves are never shown again'],
    ['tokens create ci', 'for a machine that pushes'],
    ['tokens revoke 4cdd…', 'it ends at once'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const found = await api.list(projectPath(project, 'tokens/'))
    if (call.isJson) writeJson(call, { results: found, next: null })
    else if (found.length === 0) terminal.err('There is no token for this project alone.\n')
    else {
      const rows = found.map((token) => [
        readText(token, 'id'),
        readText(token, 'name'),
        readText(token, 'scope'),
        showAgo(readText(token, 'created_at'), now),
        showAgo(readText(token, 'last_used_at'), now),
        readText(token, 'expires_at')?.slice(0, 10) ?? 'never',
      ])
      const head = ['id', 'name', 'may', 'made', 'used', 'expires']
      terminal.out(renderTable(head, rows, terminal.paintOut))
    }
    return exitCodes.done
  },
}

export const tokensCreate: CommandRow = {
  usage: 'tokens create <name>',
  group: 'Settings of a project:',
  summary: 'makes a token and shows it, once',
  options: [
    projectOption,
    { flags: '--scope <scope>', summary: 'what it may; deploy', choices: ['deploy', 'read'] },
    { flags: '--expires <date>', summary: 'when it ends, such as 2027-12-31; never' },
  ],
  examples: [
    ['tokens create ci', 'may push'],
    ['tokens create board --scope read', 'may look only'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const name = call.values[0] ?? ''
    const expires = readTextOption(call, 'expires')
    const wish = {
      name,
      scope: readTextOption(call, 'scope') ?? 'deploy',
      ...(expires === null ? {} : { expires_at: readDate(expires) }),
    }
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const made = await api.post(projectPath(project, 'tokens/'), wish)
    if (call.isJson) writeJson(call, made)
    else {
      // Apart from each other, so that the token alone can be piped on.
      terminal.err(
        `The token "${toPlainLine(name)}" is shown this once; keep it in a safe place:\n`,
      )
      terminal.out(`${toPlainLine(readText(made, 'secret') ?? '')}\n`)
    }
    return exitCodes.done
  },
}

export const tokensRevoke: CommandRow = {
  usage: 'tokens revoke <id>',
  group: 'Settings of a project:',
  summary: 'ends a token at once',
  options: [projectOption],
  examples: [['tokens revoke 4cdd6a2e-…', 'the id is in slipway tokens']],
  run: async (call) => {
    const id = call.values[0] ?? ''
    const { api, project } = await call.session.connectTo(readTextOption(call, 'project'))
    await api.delete(projectPath(project, `tokens/${encodeURIComponent(id)}/`))
    if (call.isJson) writeJson(call, { id, deleted: true })
    else call.terminal.out(`The token ${toPlainLine(id)} is revoked.\n`)
    return exitCodes.done
  },
}

function readDate(text: string): string {
  const date = new Date(text)
  if (!Number.isNaN(date.getTime())) return date.toISOString()
  throw misused(`"${text.slice(0, 80)}" is no date.`, 'Give one such as 2027-12-31.')
}

/** `slipway open`: where the site is, and a browser there. */
import { SlipwayError } from '../../domain/errors.ts'
import { projectPath } from '../api.ts'
import { type CommandRow, projectOption, readProject, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { launchProgram } from '../run-program.ts'
import { toHttpUrl } from '../server-url.ts'

export const open: CommandRow = {
  usage: 'open [project]',
  group: 'Look:',
  summary: 'prints the address of the site and, on a terminal, opens a browser there',
  options: [projectOption],
  examples: [
    ['open', 'the site of the project of this folder'],
    ['open my-app | cat', 'only its address'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const { api, project } = await session.connectTo(readProject(call))
    const about = await api.get(projectPath(project))
    if (call.isJson) {
      writeJson(call, { frontend_url: about['frontend_url'] ?? null })
      return exitCodes.done
    }
    const url = toHttpUrl(readText(about, 'frontend_url') ?? '')
    if (url === null) throw new SlipwayError('nothing_live', { project })
    terminal.out(`${url.href}\n`)
    if (terminal.isOutTerminal) {
      const [program, ...args] = browserOf(process.platform)
      const isOpen = await launchProgram({ program, args: [...args, url.href], ...session.place })
      if (!isOpen) terminal.err('No browser could be opened here.\n')
    }
    return exitCodes.done
  },
}

function browserOf(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open']
  // `start` of cmd.exe would read the address as words of its own.
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open']
}

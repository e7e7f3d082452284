/** `slipway eject`: the source of an app that was made from a schema, to be taken over by hand. */
import { mkdir, readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SlipwayError } from '../../domain/errors.ts'
import { projectPath } from '../api.ts'
import {
  addRemote,
  checkOutBranch,
  makeCheckout,
  type Place,
  remoteName,
  storeToken,
} from '../checkout.ts'
import { type CommandRow, misused, projectOption, readProject, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { toHttpUrl } from '../server-url.ts'

export const eject: CommandRow = {
  usage: 'eject [project] [folder]',
  group: 'Apps made from a schema:',
  summary: 'gets the source of an app, to go on by hand',
  about:
    'Commits the source to the branch "ejected" of the project and clones it into ' +
    'FOLDER, or into a folder of its name. What is live stays as it is.',
  options: [projectOption, { flags: '--no-clone', summary: 'only makes the branch' }],
  examples: [
    ['eject shop', 'into the folder shop'],
    ['eject shop code --json', 'into the folder code'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const { api, project } = await session.connectTo(readProject(call))
    const isCloned = call.options['clone'] !== false
    const folder = call.values[1] ?? project
    const place = { ...session.place, folder: resolve(session.place.folder, folder) }
    if (isCloned) await requireEmpty(place, folder)
    const answer = await api.post(projectPath(project, 'eject'), {})
    const branch = readText(answer, 'branch') ?? ''
    const about = await api.get(projectPath(project))
    const gitUrl = toHttpUrl(readText(about, 'git_url') ?? '')?.href
    if (gitUrl === undefined || branch === '') {
      throw new SlipwayError('server_foreign', { url: api.target.url, problem: '' })
    }
    if (isCloned) {
      await mkdir(place.folder, { recursive: true })
      await makeCheckout(place)
      await addRemote(place, gitUrl)
      await storeToken(place, gitUrl, {
        token: api.target.token,
        settingsDir: session.settingsDir,
      })
      await checkOutBranch(place, branch)
    }
    if (call.isJson) {
      writeJson(call, answer)
      return exitCodes.done
    }
    const production = toPlainLine(readText(about, 'production_branch') ?? 'main')
    const shown = toPlainLine(branch)
    terminal.out(
      `The source of ${toPlainLine(project)} is on the branch "${shown}"` +
        `${isCloned ? ` and in ${toPlainLine(folder)}` : ''}.\n`,
    )
    terminal.err(
      isCloned
        ? `Next: cd ${toPlainLine(folder)} && npm ci && npm run dev\n` +
            `To make it live instead of the schema: git push ${remoteName} ${shown}:${production}\n`
        : `Next: git clone -b ${shown} ${gitUrl}\n`,
    )
    return exitCodes.done
  },
}

/** What is there must not be written over. */
async function requireEmpty({ folder }: Place, typed: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw misused(`${typed} is no folder.`, 'Name another one: slipway eject PROJECT FOLDER')
  })
  if (names.length === 0) return
  throw misused(`${typed} is not empty.`, 'Name another one: slipway eject PROJECT FOLDER')
}

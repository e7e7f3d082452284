/** `slipway watch`: schemas of a folder go live when they are saved. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SlipwayError } from '../../domain/errors.ts'
import type { Slug } from '../../domain/names.ts'
import type { AppSchema } from '../../domain/schema/app-schema.ts'
import type { RemoteAddress } from '../../watch/remote-address.ts'
import { type Api, projectPath } from '../api.ts'
import { type Call, type CommandRow, isSet, misused } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { type Json, readText } from '../json.ts'
import { ServerProblem } from '../server-problem.ts'
import { toHttpUrl } from '../server-url.ts'
import { TaleTeller } from '../tell-tale.ts'

export const watch: CommandRow = {
  usage: 'watch <folder>',
  group: 'Apps made from a schema:',
  summary: 'deploys the schemas of a folder whenever they are saved',
  about:
    'FOLDER/<slug>.schema.json is the schema of the project <slug>. What is saved ' +
    'there is committed and pushed, the last of a burst only; halves of files and ' +
    'mistakes are told, and not deployed. It goes on until Ctrl-C.',
  options: [{ flags: '--create', summary: 'makes the projects that are not there yet' }],
  examples: [
    ['watch schemas', 'schemas/shop.schema.json is what shop is made from'],
    ['watch schemas --create', 'a new file makes a new project'],
  ],
  run: async (call) => {
    const folder = resolve(call.session.place.folder, call.values[0] ?? '')
    if (!(await isFolder(folder))) {
      throw misused(`${folder} is no folder.`, 'Name the one that the schemas are saved in.')
    }
    const api = await call.session.connect()
    // What it is made of is large, and no other command needs it.
    const { watchFolder } = await import('../../watch/watch-folder.ts')
    const teller = new TaleTeller(call)
    const watching = await watchFolder({
      folder,
      environment: call.session.place.environment,
      findAddress: async (slug, schema) => {
        const project = await findProject(slug, api)
        if (project !== null) return toAddress(project, api)
        return isSet(call, 'create') ? toAddress(await create(slug, schema, api), api) : null
      },
      tell: (file, tale) => {
        teller.tell(file, tale)
      },
    })
    call.beforeEnd(async () => watching[Symbol.asyncDispose]())
    tellBeginning(call, folder, watching.files.length)
    return new Promise<ExitCode>(() => undefined)
  },
}

function tellBeginning({ terminal, isJson }: Call, folder: string, count: number): void {
  if (isJson) return
  const files = count === 1 ? 'one schema' : `${count} schemas`
  terminal.err(`Watching ${folder} (${files}). Ctrl-C ends it.\n`)
  if (count === 0) terminal.err('A project shop would be made from shop.schema.json there.\n')
}

async function findProject(slug: Slug, api: Api): Promise<Json | null> {
  try {
    return await api.get(projectPath(slug))
  } catch (error) {
    if (error instanceof ServerProblem && error.exitCode === exitCodes.notFound) return null
    throw error
  }
}

function create(slug: Slug, { title, framework }: AppSchema, api: Api): Promise<Json> {
  return api.post('/projects/', { name: title ?? slug, schema_name: slug, framework })
}

function toAddress(project: Json, { target }: Api): RemoteAddress {
  const url = toHttpUrl(readText(project, 'git_url') ?? '')?.href
  const branch = readText(project, 'production_branch')
  if (url === undefined || branch === null) {
    throw new SlipwayError('server_foreign', { url: target.url, problem: '' })
  }
  return { url, token: target.token, branch }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** `slipway link`: makes `git push deploy` work in this folder. */
import { SlipwayError } from '../../domain/errors.ts'
import type { Api } from '../api.ts'
import { projectPath } from '../api.ts'
import { addRemote, readRemoteUrl, remoteName, requireCheckout, storeToken } from '../checkout.ts'
import { type Call, type CommandRow, misused, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { withLogin } from '../saved-logins.ts'
import { parseRemote, toHttpUrl } from '../server-url.ts'

export const link: CommandRow = {
  usage: 'link [project]',
  group: 'Begin:',
  summary: 'lets git push deploy from this folder',
  about:
    'Adds the git remote "deploy" and gives git the token through its credential helper, or, ' +
    'where none is set up, through a file that only you can read. Doing it again changes nothing.',
  examples: [
    ['link my-app', 'then: git push deploy main'],
    ['link', 'where there is one project, or the remote is there already'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    await requireCheckout(session.place)
    const { api, project } = await findProject(call)
    const about = await api.get(projectPath(project))
    const gitUrl = toHttpUrl(readText(about, 'git_url') ?? '')?.href
    if (gitUrl === undefined) {
      throw new SlipwayError('server_foreign', { url: api.target.url, problem: '' })
    }
    const isNew = await addRemote(session.place, gitUrl)
    await rememberGitUrl(call, api, gitUrl)
    const isKnown = await storeToken(session.place, gitUrl, {
      token: api.target.token,
      settingsDir: session.settingsDir,
    })
    if (!isKnown) {
      terminal.err("git's credential helper did not keep the token: git will ask for it.\n")
    }
    if (call.isJson) {
      writeJson(call, about)
      return exitCodes.done
    }
    const slug = toPlainLine(readText(about, 'slug') ?? project)
    terminal.out(
      `The git remote "${remoteName}" is ${isNew ? 'now' : 'already'} ${gitUrl}\n` +
        `git push ${remoteName} ${toPlainLine(readText(about, 'production_branch') ?? 'main')} ` +
        `puts ${slug} online.\n`,
    )
    return exitCodes.done
  },
}

/** The one that is named, that of the remote, or the only one there is. */
async function findProject({ session, values }: Call): Promise<{ api: Api; project: string }> {
  const named = values[0] ?? null
  if (named !== null || (await readRemoteUrl(session.place)) !== null) {
    return session.connectTo(named)
  }
  const api = await session.connect()
  const projects = await api.list('/projects/', 10)
  const slugs = projects.flatMap((project) => readText(project, 'slug') ?? [])
  const [only] = slugs
  if (only !== undefined && slugs.length === 1) return { api, project: only }
  throw misused(
    'Which project is it?',
    only === undefined
      ? 'There is none yet. Run: slipway create NAME'
      : `Run: slipway link ${only} (or ${slugs.slice(1).join(', ')})`,
  )
}

/** So that this folder finds its login where git and REST have two addresses. */
async function rememberGitUrl({ session }: Call, api: Api, gitUrl: string): Promise<void> {
  const serverUrl = parseRemote(gitUrl)?.serverUrl ?? null
  const saved = await session.readLogins()
  const known = saved.logins.find(({ url }) => url === api.target.url)
  if (known === undefined || serverUrl === known.url || serverUrl === known.gitUrl) return
  await session.writeLogins(withLogin(saved, { ...known, gitUrl: serverUrl }))
}

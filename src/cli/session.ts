/** Server, token and project of one call, found when they are asked for. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SlipwayError } from '../domain/errors.ts'
import { Api } from './api.ts'
import { type Place, readRemoteUrl } from './checkout.ts'
import { chooseTarget } from './choose-target.ts'
import { findSettingsDir, readLogins, type SavedLogins, writeLogins } from './saved-logins.ts'
import { type DeployRemote, parseRemote } from './server-url.ts'

export interface SessionParts extends Place {
  readonly homeDir: string
  readonly flagUrl: string | null
  readonly tokenFile: string | null
}

export class Session {
  readonly place: Place
  readonly settingsDir: string
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.place = { folder: parts.folder, environment: parts.environment }
    this.settingsDir = findSettingsDir(parts.environment, parts.homeDir)
  }

  get loginsFile(): string {
    return join(this.settingsDir, 'logins.json')
  }

  readLogins(): Promise<SavedLogins> {
    return readLogins(this.loginsFile)
  }

  writeLogins(saved: SavedLogins): Promise<void> {
    return writeLogins(this.loginsFile, saved)
  }

  /** For what is about no project of this folder. */
  connect(): Promise<Api> {
    return this.#connect(null)
  }

  /**
   * For one project: the one that is named, else that of this folder. Throws `project_unnamed`
   * where there is neither.
   */
  async connectTo(named: string | null): Promise<{ readonly api: Api; readonly project: string }> {
    if (named !== null) return { api: await this.#connect(null), project: named }
    const url = await readRemoteUrl(this.place)
    const remote = url === null ? null : parseRemote(url)
    if (remote === null) throw new SlipwayError('project_unnamed')
    return { api: await this.#connect(remote), project: remote.project }
  }

  async #connect(remote: DeployRemote | null): Promise<Api> {
    const { environment, flagUrl, tokenFile } = this.#parts
    const flagToken = tokenFile === null ? null : await readTokenFile(tokenFile)
    const saved = await this.readLogins()
    return new Api(chooseTarget({ flagUrl, flagToken, environment, saved, remote }))
  }
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new SlipwayError(
      'command_misused',
      {
        problem: `The token file ${path} can not be read.`,
        remedy: 'Name one that holds a token.',
      },
      error,
    )
  }
}

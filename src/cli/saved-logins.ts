/** The tokens that `slipway login` keeps: one file, readable by its owner alone. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { SlipwayError } from '../domain/errors.ts'
import { Secret } from '../domain/secret.ts'
import { isRecord, parseJson, readText } from './json.ts'

export interface SavedLogin {
  readonly url: string
  readonly token: Secret
  /** Where this server's git remotes are, where that is not `url`; null while it is not known. */
  readonly gitUrl: string | null
}

export interface SavedLogins {
  /** The server of the last login. */
  readonly current: string | null
  readonly logins: readonly SavedLogin[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** The folder of the XDG base directory specification. */
export function findSettingsDir(environment: Environment, homeDir: string): string {
  const base = environment['XDG_CONFIG_HOME'] ?? ''
  // The specification has a relative path ignored.
  return join(isAbsolute(base) ? base : join(homeDir, '.config'), 'slipway')
}

export async function readLogins(path: string): Promise<SavedLogins> {
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { current: null, logins: [] }
    throw toUnreadable(path, error)
  }
  const file = parseJson(text)
  if (!isRecord(file) || !isRecord(file['servers'])) {
    throw new SlipwayError('logins_unreadable', { path, problem: 'it is not what was written' })
  }
  const logins = Object.entries(file['servers']).flatMap(([url, entry]) => {
    const token = isRecord(entry) ? readText(entry, 'token') : null
    if (!isRecord(entry) || token === null) return []
    return [{ url, token: new Secret(token), gitUrl: readText(entry, 'git') }]
  })
  return { current: readText(file, 'current'), logins }
}

/** Replaces the file as one, so that two commands at once leave a whole one. */
export async function writeLogins(path: string, saved: SavedLogins): Promise<void> {
  const servers = Object.fromEntries(
    saved.logins.map(({ url, token, gitUrl }) => [
      url,
      { token: token.reveal(), ...(gitUrl === null ? {} : { git: gitUrl }) },
    ]),
  )
  const text = `${JSON.stringify({ current: saved.current, servers }, null, 2)}\n`
  const temporary = `${path}.${crypto.randomUUID()}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw toUnreadable(path, error)
  }
}

/** Adds a login or takes the place of the one to the same server. */
export function withLogin(saved: SavedLogins, login: SavedLogin): SavedLogins {
  const others = saved.logins.filter(({ url }) => url !== login.url)
  return { current: saved.current, logins: [...others, login] }
}

function toUnreadable(path: string, error: unknown): SlipwayError {
  const problem = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return new SlipwayError('logins_unreadable', { path, problem }, error)
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Which server is meant, and with which token: flags before environment before what was saved. Pure. */
import { SlipwayError } from '../domain/errors.ts'
import { Secret } from '../domain/secret.ts'
import type { Target } from './api.ts'
import { type DeployRemote, parseServerUrl } from './server-url.ts'
import type { SavedLogins } from './saved-logins.ts'

export interface TargetSources {
  readonly flagUrl: string | null
  /** What the file of `--token-file` holds. */
  readonly flagToken: string | null
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly saved: SavedLogins
  /** The checkout's remote, where it is what names the project. */
  readonly remote: DeployRemote | null
}

/** Throws `login_missing`, or `command_misused` for a URL that is none. */
export function chooseTarget(sources: TargetSources): Target {
  const url = chooseUrl(sources)
  const given = sources.flagToken ?? (sources.environment['SLIPWAY_TOKEN'] || null)
  const token = given === null ? findLogin(sources.saved, url)?.token : new Secret(given)
  if (token === undefined) throw new SlipwayError('login_missing', { url })
  return { url, token }
}

function chooseUrl({ flagUrl, environment, saved, remote }: TargetSources): string {
  const given = flagUrl ?? (environment['SLIPWAY_URL'] || null)
  if (given !== null) return parseServerUrl(given)
  if (remote !== null) {
    // A project of another server must never be taken for one of the same name on the current.
    const login = findLogin(saved, remote.serverUrl)
    if (login === undefined) throw new SlipwayError('login_missing', { url: remote.serverUrl })
    return login.url
  }
  if (saved.current === null) throw new SlipwayError('server_unknown')
  return saved.current
}

function findLogin({ logins }: SavedLogins, url: string) {
  return logins.find((login) => login.url === url) ?? logins.find(({ gitUrl }) => gitUrl === url)
}

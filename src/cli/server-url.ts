/** Addresses of servers and of git remotes, taken from people, from git and from the server. */
import { SlipwayError } from '../domain/errors.ts'
import { isSlugShaped } from '../domain/names.ts'

/** A git remote of Slipway's: a project on a server. */
export interface DeployRemote {
  readonly serverUrl: string
  readonly project: string
}

/** Takes the address of a server, with or without `https://`. Throws `command_misused`. */
export function parseServerUrl(text: string): string {
  const url = toHttpUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || url.username !== '' || url.password !== '') {
    throw new SlipwayError('command_misused', {
      problem: `"${text.slice(0, 200)}" is no address of a server.`,
      remedy: 'It looks like https://deploy.example.org, without a user name.',
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Null where the address is not one of a project: another product's, ssh, a folder. */
export function parseRemote(text: string): DeployRemote | null {
  const url = toHttpUrl(text.trim())
  const found = /^(.*)\/([^/]+?)(?:\.git)?\/?$/.exec(url?.pathname ?? '')
  const [, base = '', project = ''] = found ?? []
  if (url === null || !isSlugShaped(project)) return null
  return { serverUrl: `${url.origin}${base}`, project }
}

/** An address that may be opened or given to git: http or https and nothing else. */
export function toHttpUrl(text: string): URL | null {
  if (!URL.canParse(text) || /[\p{Cc}\s]/u.test(text)) return null
  const url = new URL(text)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : null
}

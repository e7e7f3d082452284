/**
 * What git is given besides its words: the environment of the person, without what would make it
 * ask or do something else, and the token where no list of processes shows it. Pure.
 */
import type { RemoteAddress } from './remote-address.ts'

export interface EnvironmentWish {
  readonly own: Readonly<Record<string, string | undefined>>
  readonly address: Pick<RemoteAddress, 'url' | 'token'>
  /** For who has told git no name. */
  readonly author: { readonly name: string; readonly email: string } | null
}

/** Of git's own variables: who commits, how its server is trusted, where its settings are. */
const taken =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)|SSL_\w+|CONFIG_(?:NOSYSTEM|GLOBAL|SYSTEM))$/
const refused = /^(?:GIT_.*|EDITOR|VISUAL|PAGER|SSH_ASKPASS|PREFIX)$/i

export function buildGitEnvironment({
  own,
  address: { url, token },
  author,
}: EnvironmentWish): Readonly<Record<string, string>> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (taken.test(entry[0]) || !refused.test(entry[0])),
  )
  const settings: (readonly [name: string, value: string])[] = [
    // A password must not follow to wherever a server may point.
    ['http.followRedirects', 'false'],
    // A name that git makes up from that of the machine says nothing.
    ['user.useConfigOnly', 'true'],
    ['gc.auto', '0'],
  ]
  if (token !== null) {
    const pair = Buffer.from(`slipway:${token.reveal()}`).toString('base64')
    settings.push([`http.${url}.extraHeader`, `Authorization: Basic ${pair}`])
  }
  return {
    ...Object.fromEntries(kept),
    ...(author === null ? {} : nameAuthor(author)),
    GIT_TERMINAL_PROMPT: '0',
    // What git says is read.
    LC_ALL: 'C',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([name, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, name],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  }
}

function nameAuthor({ name, email }: { readonly name: string; readonly email: string }) {
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  }
}

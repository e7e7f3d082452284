/** `slipway login`: checks a token and keeps it. */
import { SlipwayError } from '../../domain/errors.ts'
import { Secret } from '../../domain/secret.ts'
import { Api } from '../api.ts'
import { type Call, type CommandRow, isSet, misused } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readHidden, readPiped } from '../prompt.ts'
import { withLogin } from '../saved-logins.ts'
import { parseServerUrl } from '../server-url.ts'
import { ServerProblem } from '../server-problem.ts'

export const login: CommandRow = {
  usage: 'login <url>',
  group: 'Begin:',
  summary: 'checks a token and keeps it for this server',
  about:
    'The token is asked for, or read from standard input. It is kept in a file that only you can ' +
    'read: $XDG_CONFIG_HOME/slipway/logins.json (~/.config/slipway/logins.json).',
  options: [{ flags: '--token-stdin', summary: 'reads the token from standard input' }],
  examples: [
    ['login https://deploy.example.org', 'asks for the token'],
    ['login https://deploy.example.org --token-stdin < token', 'for scripts'],
  ],
  run: async (call) => {
    const url = parseServerUrl(call.values[0] ?? '')
    const token = await readToken(call, url)
    const isAdmin = await checkToken(new Api({ url, token }))
    const saved = await call.session.readLogins()
    const gitUrl = saved.logins.find((known) => known.url === url)?.gitUrl ?? null
    await call.session.writeLogins(withLogin({ ...saved, current: url }, { url, token, gitUrl }))
    const { terminal } = call
    if (isPlain(url)) {
      terminal.err('Warning: over plain http everybody on the way can read the token.\n')
    }
    terminal.out(
      `Logged in to ${url}${isAdmin ? '' : ' with the token of one project'}.\n` +
        `The token is in ${call.session.loginsFile}\n`,
    )
    return exitCodes.done
  },
}

async function readToken(call: Call, url: string): Promise<Secret> {
  const { terminal } = call
  const input = call.openInput()
  const text = isSet(call, 'tokenStdin')
    ? await readPiped(input)
    : await readHidden(`Token for ${url}: `, {
        input,
        write: (shown) => {
          terminal.err(shown)
        },
      })
  const token = text.trim()
  if (token === '') throw misused('No token was given.', 'Type it, or pipe it in.')
  // What could not stand in a header would be a riddle to read about from HTTP.
  if (!/^[\x21-\x7e]+$/.test(token)) throw misused('That is no token.', 'One begins with slw_.')
  return new Secret(token)
}

/** Throws where the token is not known. Answers whether it is for all projects. */
async function checkToken(api: Api): Promise<boolean> {
  try {
    const answer = await api.get('/projects/?limit=1')
    if (!('results' in answer)) {
      throw new SlipwayError('server_foreign', { url: api.target.url, problem: '' })
    }
    return true
  } catch (error) {
    // A token of one project is known, and may not list the others.
    if (error instanceof ServerProblem && error.code === 'token_scope') return false
    throw error
  }
}

function isPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !/^(localhost|127\..*|\[::1\]|.*\.localhost)$/.test(hostname)
}

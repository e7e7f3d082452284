/** Why git did not do what it was asked, from what it printed. Pure. */

export type PushFailure =
  /** Somebody else was faster; on top of theirs it may work. */
  | { readonly kind: 'moved' }
  /** The server has looked at it, and it is not live. */
  | { readonly kind: 'declined'; readonly reason: string }
  /** Nobody answers now. */
  | { readonly kind: 'away'; readonly reason: string }
  /** It would be the same another time. */
  | { readonly kind: 'refused'; readonly reason: string }

export function readPushFailure(error: unknown): PushFailure {
  const text = error instanceof Error ? error.message : String(error)
  // `git push --porcelain`: flag, refs, [summary] (reason)
  const [, summary = '', reason = ''] = /^!\t[^\t]*\t\[([^\]]*)\](?: \((.*)\))?$/m.exec(text) ?? []
  if (summary === 'rejected' || isRace.test(reason)) return { kind: 'moved' }
  if (summary !== '') return { kind: 'declined', reason: reason === '' ? summary : reason }
  const problem = describe(text)
  return isPassing.test(text)
    ? { kind: 'away', reason: problem }
    : { kind: 'refused', reason: problem }
}

const isRace = /cannot lock ref|failed to update ref|incorrect old value|fetch first|was moved by/

const isPassing =
  /Could not resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out)|timed out|Empty reply|hung up|early EOF|unexpected disconnect|RPC failed|returned error: (?:429|5\d\d)|TLS connect|SSL_ERROR_SYSCALL/i

/** The one line that says it, without git's own beginning. */
function describe(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const line = lines.find((one) => /^(?:fatal|error): /.test(one)) ?? lines.at(-1) ?? ''
  // git itself knows no more of such an answer than its number.
  const said = line.includes('returned error') && lines.find((one) => one.startsWith('remote: '))
  const words = (said || line).replace(/^(?:remote|fatal|error): /, '').trim()
  return words === '' ? 'git has failed' : words.slice(0, 300)
}

/** What is told to other servers, and where that may be: the form of a URL, not where it leads. */

export const webhookEvents = [
  'deployment.completed',
  'deployment.failed',
  'deployment.cancelled',
  'project.created',
  'project.deleted',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** A webhook of one project goes with it, and was not there before it. */
export function isOfAllProjects(event: WebhookEvent): boolean {
  return event.startsWith('project.')
}

const urlLengthMax = 2_000

/**
 * Answers what is wrong with the URL, or null. `trustedHost` is that of the operator's backend: the
 * one that may be private.
 */
export function findUrlProblem(given: string, trustedHost: string): string | null {
  const url = /^[!-~]+$/.test(given) && given.length <= urlLengthMax ? URL.parse(given) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return `must be an https URL of at most ${urlLengthMax} characters`
  }
  if (`${url.username}${url.password}${url.hash}` !== '') {
    return 'must have no user name, password or fragment'
  }
  if (url.protocol === 'https:') return null
  const isLoopback = /^(localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname)
  return isLoopback && url.hostname === trustedHost
    ? null
    : 'must be https; http is for the loopback host of BACKEND_URL only'
}

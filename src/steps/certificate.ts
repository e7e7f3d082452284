/** certificate: says over what the site is live. Never stands in a deployment's way. */
import { type Config, limits } from '../config.ts'
import type { Certificates } from '../contracts.ts'
import type { Step } from '../pipeline/step.ts'

export function createCertificate(machine: {
  readonly config: Pick<Config, 'acme'>
  readonly certificates: Certificates
}): Step<'hosts', never> {
  const { certificates } = machine
  const isOff = machine.config.acme.directory === 'off'
  return {
    name: 'certificate',
    timeoutMs: limits.stepTimeoutMs,
    isIdle: () => isOff,
    run: async ({ skip, summarise, warn }, { hosts }) => {
      if (isOff) {
        skip('served over HTTP')
        return {}
      }
      for (const host of hosts) {
        certificates.request(host)
        // A damaged one would end the next step, which visits the site.
        await certificates.check(host)
      }
      const states = hosts.map((host) => certificates.stateOf(host))
      for (const { host, state, reason, nextTry } of states) {
        if (state === 'valid') continue
        const why = reason ?? 'it is on its way'
        const when = reason === null || nextTry === null ? '' : `; next try ${showTime(nextTry)}`
        warn(`${host} is served over HTTP until it has a certificate: ${why}${when}`)
      }
      const ends = states.flatMap(({ notAfter }) => (notAfter === null ? [] : [notAfter]))
      const [first] = ends.toSorted((one, other) => one.getTime() - other.getTime())
      if (first !== undefined) summarise(`https, until ${first.toISOString().slice(0, 10)}`)
      return {}
    },
  }
}

function showTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

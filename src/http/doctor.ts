/**
 * What an operator should know of the server: what works, what does not, and what to do. Looks at
 * what is known already, and changes nothing.
 */
import { getDomain } from 'tldts'
import type { Config } from '../config.ts'
import type { Certificates } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import type { Readiness } from './readiness.ts'

export const findingStates = ['good', 'warning', 'problem'] as const

export interface Finding {
  readonly check: string
  readonly state: (typeof findingStates)[number]
  readonly detail: string
  /** What to do; null where there is nothing. */
  readonly remedy: string | null
}

export interface DoctorParts {
  readonly config: Config
  readonly certificates: Pick<Certificates, 'count' | 'stateOf'>
  /** Hosts of the platform beside FRONTEND_DOMAIN. */
  readonly entrance: { readonly hosts: readonly HostName[] }
  readonly readReadiness: () => Promise<Readiness>
  readonly now?: () => Date
}

export function createDoctor(parts: DoctorParts): () => Promise<readonly Finding[]> {
  const now = parts.now ?? (() => new Date())
  return async () => [
    ...judgeReadiness(await parts.readReadiness(), parts.config),
    judgeCertificates(parts, now()),
    ...judgeOwnHosts(parts),
    judgePlatform(parts.config),
  ]
}

function judgeReadiness(ready: Readiness, { build }: Config): readonly Finding[] {
  const judge = (
    check: string,
    isGood: boolean,
    words: { readonly good: string; readonly bad: string; readonly remedy: string },
  ): Finding => ({
    check,
    state: isGood ? 'good' : 'problem',
    detail: isGood ? words.good : words.bad,
    remedy: isGood ? null : words.remedy,
  })
  return [
    judge('database', ready.database, {
      good: 'It can be written.',
      bad: 'It can not be written.',
      remedy: 'Look at the disk of SLIPWAY_DATA, and at the log of the server.',
    }),
    judge('nginx', ready.nginx, {
      good: 'It answers with our configuration.',
      bad: 'It does not answer, or with another configuration.',
      remedy: 'Run nginx -t, then start it, or start the server again.',
    }),
    judge('disk', ready.disk, {
      good: 'There is room.',
      bad: 'A disk is nearly full.',
      remedy: 'Look at df, at KEEP_RELEASES, and at what projects take: …/projects/{id}/usage.',
    }),
    build.sandbox === 'off'
      ? {
          check: 'sandbox',
          state: 'warning',
          detail: 'SLIPWAY_SANDBOX=off: what is pushed runs without walls.',
          remedy: 'Let nobody push whom you would not let log in, or leave the setting out.',
        }
      : judge('sandbox', ready.sandbox, {
          good: 'Builds are isolated.',
          bad: 'Builds can not be isolated, so none runs.',
          remedy: 'Install bubblewrap, and allow unprivileged user namespaces.',
        }),
  ]
}

const day = 24 * 3_600_000
/** Renewal begins a third of a certificate's life before its end: by then it has failed for long. */
const endsSoonMs = 7 * day

function judgeCertificates({ config, certificates }: DoctorParts, now: Date): Finding {
  const check = 'certificates'
  if (config.acme.directory === 'off') {
    const remedy = 'Set ACME_DIRECTORY, or have something in front of nginx that speaks https.'
    return { check, state: 'warning', detail: 'Sites are served over HTTP only.', remedy }
  }
  const { valid, waiting, failing, heldBack, firstEnd } = certificates.count()
  const until = firstEnd === null ? '' : `, the first until ${firstEnd.toISOString().slice(0, 10)}`
  const others = [
    [waiting, 'on the way'],
    [failing, 'failed at their last try'],
    [heldBack, 'waiting for a limit of the authority'],
  ] as const
  const told = others.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`)
  const detail = [`${valid} served${until}`, ...told].join('; ')
  const isEnding = firstEnd !== null && firstEnd.getTime() - now.getTime() < endsSoonMs
  const remedy =
    isEnding || failing > 0
      ? 'The log of the server says why each failed; slipway domains check HOST looks at a domain.'
      : null
  const state = isEnding ? 'problem' : failing + heldBack > 0 ? 'warning' : 'good'
  return { check, state, detail: `${detail}.`, remedy }
}

/** What stands in the way of https at the platform's own hosts; with a wildcard it is one thing. */
function judgeOwnHosts({ config, certificates, entrance }: DoctorParts): readonly Finding[] {
  const states = [config.frontendDomain, ...entrance.hosts].map((host) =>
    certificates.stateOf(host),
  )
  const failed = states.filter(({ state, reason }) => state === 'waiting' && reason !== null)
  const reasons = failed.map(({ reason }) => reason)
  const told = failed.filter(({ reason }, index) => reasons.indexOf(reason) === index)
  return told.map(({ host, reason, nextTry }) => ({
    check: 'https',
    state: 'warning',
    detail: `${host} has no certificate: ${reason ?? ''}.`,
    remedy: `When that is mended, start the server again, or wait until ${nextTry?.toISOString() ?? 'the next try'}.`,
  }))
}

/** A cookie is sent to all hosts of a site, and any of them may set one for it (RFC 6265bis). */
const whyApart =
  'pages of one site get the cookies that are set for all of it, and may set such cookies themselves'

/** Where people sign in to the platform, tenants' pages must not be of the same site. */
function judgePlatform({ backendUrl, frontendDomain }: Config): Finding {
  const check = 'platform'
  const host = new URL(backendUrl).hostname
  const platform = siteOf(host)
  if (platform !== null && platform === siteOf(frontendDomain)) {
    return {
      check,
      state: 'warning',
      detail: `${host} and the sites below ${frontendDomain} are one site to a browser: ${whyApart}.`,
      remedy: `Give the sites a domain of their own as FRONTEND_DOMAIN, or the platform one.`,
    }
  }
  const detail = `Keep the address where people sign in to it off ${frontendDomain} and what is below: ${whyApart}.`
  return { check, state: 'good', detail, remedy: null }
}

/** What a browser takes for one site; null where the host is of this machine or network alone. */
function siteOf(host: string): string | null {
  return getDomain(host, { allowPrivateDomains: true })
}

/** The projects' own domains: what their owners are to set, what was found, and what becomes of them. */
import { z } from 'zod'
import { limits } from '../../config.ts'
import type { Domain, DomainFinding, Domains } from '../../contracts.ts'
import { answerJson, answerNothing } from '../answer.ts'
import { pageOf } from '../paging.ts'
import { namingField } from '../problem.ts'
import type { RouteTable } from '../route.ts'
import { domainCheckShape, domainShape } from '../shapes.ts'

const newDomain = z.strictObject({
  host: z.string().max(1_000).describe('In either form: `café.fr` or `xn--caf-dma.fr`.'),
  redirect_to: z
    .string()
    .max(1_000)
    .nullish()
    .describe('Another domain of the project, to which visitors are sent with what they ask for.'),
})

const bodyFields = {
  domain_invalid: '/host',
  domain_reserved: '/host',
  domain_taken: '/host',
  domain_redirect_invalid: '/redirect_to',
} as const

export function addDomainRoutes(
  table: RouteTable,
  domains: Pick<Domains, 'list' | 'find' | 'add' | 'remove' | 'check'>,
): void {
  const path = '/api/v1/runtime/projects/:project/domains'

  table.project({
    method: 'GET',
    path,
    access: 'read',
    summary: "A project's own domains, oldest first.",
    answers: {
      200: answerJson(`All of them: at most ${limits.domainsMax}.`, pageOf(domainShape)),
    },
    handle: async (project) => ({
      results: (await domains.list(project)).map(presentDomain),
      next: null,
    }),
  })

  table.project({
    method: 'POST',
    path,
    access: 'admin',
    audit: 'domain.add',
    summary: 'Adds a domain, or changes where one leads that the project has.',
    description:
      'The answer lists the records that its owner is to set. It is looked for them in the ' +
      'background; the domain is served and has a certificate asked for as soon as they are there.',
    body: newDomain,
    example: { host: 'www.example.org', redirect_to: null },
    answers: {
      200: answerJson('The project has it already; it is looked at again.', domainShape),
      201: answerJson('It is new.', domainShape, { Location: 'Where it is shown.' }),
    },
    refusals: [
      'domain_invalid',
      'domain_reserved',
      'domain_taken',
      'domain_redirect_invalid',
      'domains_too_many',
    ],
    handle: (project, { body, reply }) =>
      namingField(bodyFields, async () => {
        const wish = { host: body.host, redirectTo: body.redirect_to ?? null }
        const { domain, isNew } = await domains.add(project, wish)
        if (isNew) {
          const place = `/api/v1/runtime/projects/${project.id}/domains/${domain.host}/`
          void reply.code(201).header('location', place)
        }
        return presentDomain(domain)
      }),
  })

  table.project({
    method: 'GET',
    path: `${path}/:host`,
    access: 'read',
    summary: 'A domain of a project.',
    answers: { 200: answerJson('The domain.', domainShape) },
    refusals: ['domain_not_found'],
    handle: async (project, { parameters }) =>
      presentDomain(await domains.find(project, parameters['host'] ?? '')),
  })

  table.project({
    method: 'DELETE',
    path: `${path}/:host`,
    access: 'admin',
    audit: 'domain.remove',
    summary: 'Removes a domain.',
    answers: { 204: answerNothing('It is served no more, and its certificate is not renewed.') },
    refusals: ['domain_not_found'],
    handle: async (project, { parameters, reply }) => {
      await domains.remove(project, parameters['host'] ?? '')
      void reply.code(204)
    },
  })

  table.project({
    method: 'POST',
    path: `${path}/:host/check`,
    access: 'admin',
    audit: 'domain.check',
    summary: 'Looks at a domain now, and tells all that was found.',
    description:
      'Its records, what answers on port 80 of each of its addresses, and its certificate; and for ' +
      'each fault the record to set. It may take some seconds.',
    body: z.strictObject({}).prefault({}),
    answers: { 200: answerJson('What was found.', domainCheckShape) },
    refusals: ['domain_not_found'],
    handle: async (project, { parameters }) => {
      const { domain, findings } = await domains.check(project, parameters['host'] ?? '')
      return { domain: presentDomain(domain), findings: findings.map(presentFinding) }
    },
  })
}

function presentDomain(domain: Domain): z.input<typeof domainShape> {
  const { certificate } = domain
  return {
    host: domain.host,
    shown: domain.shown,
    state: domain.state,
    reason: domain.reason,
    records: [...domain.records],
    warning: domain.warning,
    redirect_to: domain.redirectTo,
    certificate: {
      state: certificate.state,
      until: certificate.notAfter?.toISOString() ?? null,
      reason: certificate.reason,
      next_try: certificate.nextTry?.toISOString() ?? null,
    },
    created_at: domain.createdAt.toISOString(),
    checked_at: domain.checkedAt?.toISOString() ?? null,
    next_check: domain.nextCheck.toISOString(),
  }
}

function presentFinding({ found, records, ...finding }: DomainFinding) {
  return { ...finding, found: [...found], records: [...records] }
}

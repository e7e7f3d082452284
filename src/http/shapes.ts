/** The bodies of answers, field by field: what REST shows, and nothing else, leaves the server. */
import { z } from 'zod'
import { domainStates, findingNames, findingOutcomes, tokenScopes } from '../contracts.ts'
import { auditActions } from '../domain/audit.ts'
import {
  deploymentStatuses,
  deploymentTriggers,
  stepNames,
  stepStatuses,
} from '../domain/deployment.ts'
import { frameworks, projectStatuses, siteAddresses } from '../domain/project.ts'
import { webhookEvents } from '../domain/webhook.ts'

const time = z.iso.datetime().describe('ISO 8601, UTC')
const nullableTime = time.nullable()

const errorShape = z
  .object({ code: z.string(), message: z.string(), hint: z.string().describe('What to do next.') })
  .meta({ id: 'Failure' })

export const deploymentShape = z
  .object({
    number: z.int().describe('Counts per project from 1.'),
    commit: z.string().nullable().describe('Null for the welcome page.'),
    branch: z.string().nullable(),
    status: z.enum(deploymentStatuses),
    trigger: z.enum(deploymentTriggers),
    actor: z.string().describe('The name of the token that asked for it, or `slipway`.'),
    release: z.int().nullable().describe('The release that it made live.'),
    error: errorShape.nullable(),
    created_at: time,
    started_at: nullableTime,
    finished_at: nullableTime,
    duration_ms: z.int().nullable().describe('From its start to its end.'),
  })
  .meta({ id: 'Deployment' })

const amount = z.int().nullable()
const cpuSeconds = z
  .number()
  .describe("Of all its processes together, in their own code and in the kernel's.")
const peakMemory = z
  .int()
  .describe(
    'The most that its processes held at one time, all together, seen every tenth of a second; ' +
      'mapped files, such as the programs themselves, do not count.',
  )

export const buildsUseShape = z.object({ cpu_seconds: cpuSeconds, peak_memory_bytes: peakMemory })

export const stepShape = z
  .object({
    step: z.enum(stepNames),
    status: z.enum(stepStatuses),
    started_at: time,
    finished_at: nullableTime,
    duration_ms: z.int().nullable(),
    used: z
      .object({
        cpu_seconds: cpuSeconds.nullable(),
        peak_memory_bytes: peakMemory.nullable(),
        files: amount.describe('What it wrote: the source, or the release.'),
        bytes: amount,
      })
      .nullable()
      .describe('Null where nothing of it is measured.'),
  })
  .meta({ id: 'Step' })

export const deploymentDetailShape = deploymentShape
  .extend({
    options: z.object({
      force_rebuild: z.boolean(),
      clear_cache: z.boolean(),
      detach: z.boolean().describe('Nobody waited at a terminal.'),
    }),
    steps: z.array(stepShape).describe('In the order in which they began.'),
    used: z
      .object({
        cpu_seconds: cpuSeconds.nullable(),
        peak_memory_bytes: peakMemory.nullable(),
        source_files: amount,
        source_bytes: amount.describe('Of the files of the commit.'),
        release_files: amount,
        release_bytes: amount.describe('Of the published files, before they are compressed.'),
      })
      .describe('By what its steps say; null is what it has none of, or what was not measured.'),
  })
  .meta({ id: 'DeploymentDetail' })

export const cancelShape = z
  .object({
    project_id: z.string(),
    outcome: z
      .enum(['cancelling', 'finishing'])
      .describe('`finishing`: visitors see it already, so it is finished.'),
    deployment: deploymentShape,
  })
  .meta({ id: 'Cancel' })

export const projectShape = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    schema_name: z.string().nullable(),
    framework: z.enum(frameworks).nullable(),
    status: z
      .enum(projectStatuses)
      .describe('`failed`: the newest deployment failed; `frontend_url` still says what is live.'),
    frontend_url: z.string().nullable(),
    git_url: z.string(),
    production_branch: z.string(),
    settings: z.object({
      address: z.enum(siteAddresses),
      on_newer_push: z.enum(['finish', 'cancel']),
      pinned_releases: z.array(z.int()),
    }),
    created_at: time,
    deployment: deploymentShape.nullable().describe('The newest.'),
  })
  .meta({ id: 'Project' })

export const statusShape = z
  .object({
    project_id: z.string(),
    status: z.enum(projectStatuses),
    frontend_url: z.string().nullable(),
    deployment: deploymentShape.nullable().describe('The newest.'),
    deployment_logs: z
      .array(
        z.object({ timestamp: time, step: z.string(), status: z.string(), message: z.string() }),
      )
      .describe("Of the newest deployment: its newest events but tools' own lines, oldest first."),
  })
  .meta({ id: 'DeploymentStatus' })

export const eventShape = z
  .object({
    seq: z.int().describe('Grows by one per project, without gaps.'),
    deployment: z.int(),
    at: time,
    step: z.enum([...stepNames, 'queue', 'deployment']),
    status: z.enum([...new Set([...stepStatuses, ...deploymentStatuses])]),
    stream: z.enum(['stdout', 'stderr']).nullable().describe("Null: a line of Slipway's own."),
    text: z.string(),
  })
  .meta({ id: 'Event' })

export const tokenShape = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: z.enum(tokenScopes),
    created_at: time,
    expires_at: nullableTime,
    last_used_at: nullableTime.describe('To the minute.'),
  })
  .meta({ id: 'Token' })

export const newTokenShape = tokenShape
  .extend({ secret: z.string().describe('Shown this once.') })
  .meta({ id: 'NewToken' })

export const webhookShape = z
  .object({
    id: z.string(),
    url: z.string(),
    project_id: z.string().nullable().describe('Null: all projects.'),
    events: z.array(z.enum(webhookEvents)),
    created_at: time,
    disabled_at: nullableTime.describe('When its receiver answered 410.'),
    last_attempt: z
      .object({ at: time, result: z.string().describe('`HTTP 204`, or why there was no answer.') })
      .nullable(),
  })
  .meta({ id: 'Webhook' })

export const newWebhookShape = webhookShape
  .extend({ secret: z.string().describe('Shown this once; it starts with `whsec_`.') })
  .meta({ id: 'NewWebhook' })

export const variableShape = z
  .object({ name: z.string(), updated_at: time })
  .meta({ id: 'Variable' })

const recordShape = z
  .object({
    type: z.enum(['TXT', 'CNAME', 'A', 'AAAA', 'CAA']),
    name: z.string(),
    value: z.string(),
    purpose: z.string(),
  })
  .meta({ id: 'DnsRecord' })

export const domainShape = z
  .object({
    host: z.string().describe('As DNS knows it, such as `xn--caf-dma.fr`.'),
    shown: z.string().describe('As people write it, such as `café.fr`.'),
    state: z
      .enum(domainStates)
      .describe(
        '`pending_dns`: its records are not all there yet. `error`: what is there is wrong, or has ' +
          'gone. `pending_certificate`: served, by HTTP as yet.',
      ),
    reason: z.string().nullable().describe('Why it is not live, with what was found where.'),
    records: z.array(recordShape).describe('What it needs in its zone.'),
    warning: z.string().nullable().describe('Where the name may be taken for another one.'),
    redirect_to: z.string().nullable().describe('Where its visitors are sent.'),
    certificate: z.object({
      state: z.enum(['none', 'waiting', 'valid']),
      until: nullableTime,
      reason: z.string().nullable(),
      next_try: nullableTime,
    }),
    created_at: time,
    checked_at: nullableTime,
    next_check: time,
  })
  .meta({ id: 'Domain' })

export const domainCheckShape = z
  .object({
    domain: domainShape,
    findings: z.array(
      z.object({
        what: z.enum(findingNames),
        outcome: z
          .enum(findingOutcomes)
          .describe(
            '`none`: it is not there, and need not be. `unknown`: it was not to be found out.',
          ),
        found: z.array(z.string()),
        problem: z.string().nullable(),
        records: z.array(recordShape).describe('What to set so that it is good.'),
      }),
    ),
  })
  .meta({ id: 'DomainCheck' })

export const auditShape = z
  .object({
    id: z.int(),
    at: time,
    token: z.object({ id: z.string(), name: z.string() }),
    action: z.enum(auditActions),
    project_id: z.string().nullable(),
    object: z
      .string()
      .nullable()
      .describe("A token's id, a variable's name, a domain, a deployment, a branch, refs."),
    address: z.string(),
    request_id: z.string().describe('As in the log of the server.'),
    outcome: z.string().nullable().describe('`done`, or why not; null where it is not known yet.'),
  })
  .meta({ id: 'AuditEntry' })

export const problemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('One of the codes of the README.'),
    hint: z.string().describe('What to do next.'),
    errors: z
      .array(z.object({ pointer: z.string().describe('A JSON pointer.'), detail: z.string() }))
      .optional()
      .describe('Every field that is not as it should be.'),
    retry_after: z.int().optional().describe('Seconds after which to ask again.'),
  })
  .meta({ id: 'Problem' })

/** The doors: git, REST and WebSocket on one HTTP server, and what each row of the API is given. */
import { installCacheFolder } from '../build/install-cache.ts'
import { type Config, limits } from '../config.ts'
import { parseGitPath } from '../git/git-path.ts'
import { GitTransport } from '../git/smart-http.ts'
import { Admission } from '../http/admission.ts'
import { auditPushes } from '../http/audit-pushes.ts'
import { createDoctor } from '../http/doctor.ts'
import { createGitDoor } from '../http/git.ts'
import { createRequestLog } from '../http/log-requests.ts'
import type { Metrics } from '../http/metrics.ts'
import { createReadiness } from '../http/readiness.ts'
import { RouteTable } from '../http/route.ts'
import { addAuditRoutes } from '../http/routes/audit.ts'
import { addDeployAgainRoutes } from '../http/routes/deploy-again.ts'
import { addDeploymentRoutes } from '../http/routes/deployments.ts'
import { addDoctorRoutes } from '../http/routes/doctor.ts'
import { addDomainRoutes } from '../http/routes/domains.ts'
import { addHealthRoutes } from '../http/routes/health.ts'
import { addMetricsRoutes } from '../http/routes/metrics.ts'
import { addOpenapiRoutes } from '../http/routes/openapi.ts'
import { addProjectSettingsRoutes } from '../http/routes/project-settings.ts'
import { addProjectRoutes } from '../http/routes/projects.ts'
import { addSchemaRoutes } from '../http/routes/schema.ts'
import { addStreamRoutes } from '../http/routes/stream.ts'
import { addTokenRoutes } from '../http/routes/tokens.ts'
import { addUsageRoutes } from '../http/routes/usage.ts'
import { addVariableRoutes } from '../http/routes/variables.ts'
import { addWebhookRoutes } from '../http/routes/webhooks.ts'
import { type HttpServer, startHttpServer } from '../http/server.ts'
import { LogPages } from '../http/stream/log-pages.ts'
import { Streams } from '../http/stream/streams.ts'
import { readDisksOf } from '../machine/disk-space.ts'
import { measureFolder } from '../machine/measure-folder.ts'
import type { Logger } from '../machine/server-log.ts'
import type { QueueState } from '../pipeline/deployer.ts'
import { observePushes, type Observer } from '../pipeline/observe.ts'
import { siteFolders } from '../sites/site-folders.ts'
import { ensureAdminToken } from '../store/admin-token.ts'
import type { Core } from './core.ts'
import { hooksDir, type Machine } from './machine.ts'

export interface DoorOptions {
  readonly config: Config
  readonly machine: Machine
  readonly core: Core
  readonly metrics: Metrics
  readonly observer: Observer
  readonly logger: Logger
  readonly logError: (message: string, error: unknown) => void
  /** Closes what is opened here. */
  readonly rooms: AsyncDisposableStack
}

export async function openDoors(options: DoorOptions): Promise<{
  readonly address: HttpServer['address']
  readonly adminTokenFile: string
}> {
  const { config, machine, core, metrics, observer, logger, logError, rooms } = options
  const { tokens, audit, projects, repositories, entrance } = machine
  const queueState = (): QueueState => core.deployer.queueState()
  const readDisks = () => readDisksOf(config)
  const countCertificates = () => machine.certificates.count()
  metrics.lookUp({ queueState, readDisks, countCertificates })

  const handler = auditPushes(observePushes(core.pushReceiver, observer), audit)
  const transport = rooms.use(new GitTransport({ repositories, hooksDir, handler, limits }))
  tokens.onRevoke((tokenId) => {
    transport.endRequestsOf(tokenId)
  })
  const adminTokenFile = await ensureAdminToken(config.dataDir, tokens)
  const admission = new Admission({
    tokens,
    isLimiting: config.rateLimits,
    now: () => performance.now(),
  })
  const pages = new LogPages(machine.eventLog, observer)
  const streams = new Streams({ pages, tokens, limits, now: Date.now })
  const server = rooms.use(
    await startHttpServer(
      {
        logger,
        entranceSecret: entrance.secret,
        onRequestEnd: [metrics.onRequestEnd, createRequestLog(logger)],
        gitDoor: createGitDoor({ transport, parse: parseGitPath, projects, admission, logError }),
        addRoutes: (fastify) => {
          const { answers } = machine
          const table = new RouteTable(fastify, { admission, projects, answers, audit })
          addRoutes(table, options, { pages, streams, admission, queueState, readDisks })
        },
      },
      config.listen,
    ),
  )
  rooms.use(streams)
  return { address: server.address, adminTokenFile }
}

function addRoutes(
  table: RouteTable,
  { config, machine, core, metrics }: DoorOptions,
  made: {
    readonly pages: LogPages
    readonly streams: Streams
    readonly admission: Admission
    readonly queueState: () => QueueState
    readonly readDisks: () => ReturnType<typeof readDisksOf>
  },
): void {
  const { tokens, repositories } = machine
  const parts = { ...machine, ...made, config, deployer: core.deployer }
  const readReadiness = createReadinessOf(machine, made)
  addHealthRoutes(table, readReadiness)
  addDoctorRoutes(table, createDoctor({ ...machine, config, readReadiness }))
  addMetricsRoutes(table, { metrics, admission: made.admission })
  addProjectRoutes(table, {
    ...parts,
    createProject: core.createProject,
    deleteProject: async (project) => {
      await core.deleteProject(project)
      made.streams.endProject(project.id)
    },
  })
  addProjectSettingsRoutes(table, parts)
  addSchemaRoutes(table, { ...parts, putSchema: core.putSchema, ejectApp: core.ejectApp })
  addDeploymentRoutes(table, parts)
  addDeployAgainRoutes(table, { ...parts, pulls: core.pulls })
  addVariableRoutes(table, machine.variables)
  addDomainRoutes(table, machine.domains)
  addStreamRoutes(table, parts)
  addTokenRoutes(table, tokens)
  addUsageRoutes(table, {
    ...parts,
    usage: {
      repository: (id) => measureFolder(repositories.pathOf(id)),
      site: (slug) => measureFolder(siteFolders(config, slug).site),
      cache: (id) => measureFolder(installCacheFolder(config.dataDir, id)),
    },
  })
  addAuditRoutes(table, machine.audit)
  addWebhookRoutes(table, parts)
  addOpenapiRoutes(table, config)
}

function createReadinessOf(
  { database, sites, builder }: Machine,
  asked: {
    readonly queueState: () => QueueState
    readonly readDisks: () => ReturnType<typeof readDisksOf>
  },
): ReturnType<typeof createReadiness> {
  return createReadiness({
    checkDatabase: () => {
      database.checkWritable()
    },
    isServing: sites.isServing,
    checkSandbox: builder.checkSandbox,
    readDisks: asked.readDisks,
    isStopping: () => asked.queueState().isStopping,
  })
}

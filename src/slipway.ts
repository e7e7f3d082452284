/**
 * The one place where the parts meet: opens each room in order, and closes them in the reverse.
 * Holds no logic of its own.
 */
import { join } from 'node:path'
import { chooseBuildUser } from './build/build-user.ts'
import { createBuilder } from './build/builder.ts'
import { installCacheFolder } from './build/install-cache.ts'
import { findToolchain, readRegistrySettings } from './build/toolchain.ts'
import { type Config, limits } from './config.ts'
import { createWelcomePages } from './generate/welcome-page.ts'
import { parseGitPath } from './git/git-path.ts'
import { GitRepositories } from './git/repositories.ts'
import { GitTransport } from './git/smart-http.ts'
import { Admission } from './http/admission.ts'
import { createAnnouncer } from './http/announce.ts'
import { auditPushes } from './http/audit-pushes.ts'
import { createGitDoor } from './http/git.ts'
import { createRequestLog } from './http/log-requests.ts'
import { RouteTable } from './http/route.ts'
import { addAuditRoutes } from './http/routes/audit.ts'
import { addDeployAgainRoutes } from './http/routes/deploy-again.ts'
import { addDeploymentRoutes } from './http/routes/deployments.ts'
import { createDeploymentLog } from './http/log-deployments.ts'
import { createMetrics } from './http/metrics.ts'
import { createReadiness } from './http/readiness.ts'
import { addMetricsRoutes } from './http/routes/metrics.ts'
import { addHealthRoutes } from './http/routes/health.ts'
import { addOpenapiRoutes } from './http/routes/openapi.ts'
import { addProjectSettingsRoutes } from './http/routes/project-settings.ts'
import { addProjectRoutes } from './http/routes/projects.ts'
import { addStreamRoutes } from './http/routes/stream.ts'
import { addTokenRoutes } from './http/routes/tokens.ts'
import { addUsageRoutes } from './http/routes/usage.ts'
import { addVariableRoutes } from './http/routes/variables.ts'
import { addWebhookRoutes } from './http/routes/webhooks.ts'
import { type HttpServer, startHttpServer } from './http/server.ts'
import { readDisksOf } from './machine/disk-space.ts'
import { LogPages } from './http/stream/log-pages.ts'
import { Streams } from './http/stream/streams.ts'
import { createServerLog } from './machine/server-log.ts'
import { measureFolder } from './machine/measure-folder.ts'
import { requireFolders } from './machine/require-folders.ts'
import { createProject } from './pipeline/create-project.ts'
import { deleteProject } from './pipeline/delete-project.ts'
import { Deployer, type QueueState } from './pipeline/deployer.ts'
import {
  joinObservers,
  observeBuilder,
  observeDeployments,
  observeEvents,
  observePushes,
} from './pipeline/observe.ts'
import { createPipelines } from './pipeline/pipelines.ts'
import { PushReceiver } from './pipeline/receive-push.ts'
import { recoverDeployments } from './pipeline/recover.ts'
import { openEntrance } from './sites/entrance.ts'
import { siteFolders } from './sites/site-folders.ts'
import { createSites } from './sites/sites.ts'
import { startNginx } from './sites/start-nginx.ts'
import { createActivate } from './steps/activate.ts'
import { createBuild } from './steps/build.ts'
import { createCertificate } from './steps/certificate.ts'
import { createCheckout } from './steps/checkout.ts'
import { createGenerate } from './steps/generate.ts'
import { createInstall } from './steps/install.ts'
import { createPlan } from './steps/plan.ts'
import { createRelease } from './steps/release.ts'
import { createVerify } from './steps/verify.ts'
import { createVhost } from './steps/vhost.ts'
import { createWelcome } from './steps/welcome.ts'
import { ensureAdminToken } from './store/admin-token.ts'
import { createAnswerStore } from './store/answers.ts'
import { createAuditStore } from './store/audit.ts'
import { openDatabase } from './store/database.ts'
import { createDeploymentStore } from './store/deployments.ts'
import { createEventLog } from './store/events.ts'
import { createProjectStore } from './store/projects.ts'
import { ensureSecretKey } from './store/secret-key.ts'
import { tellEnds } from './store/told-ends.ts'
import { createTokenStore } from './store/tokens.ts'
import { createVariableStore } from './store/variables.ts'
import { createWebhookStore } from './store/webhooks.ts'
import { Deliveries } from './webhooks/deliveries.ts'

export interface Slipway extends AsyncDisposable {
  readonly address: HttpServer['address']
  /** Where the operator finds the admin token. */
  readonly adminTokenFile: string
  /** Takes the sites down too, where nginx is one of our own; it outlives the server otherwise. */
  readonly stopSites: () => Promise<void>
}

export interface SlipwayOptions {
  /** What the operator's npm is configured with by the environment: `npm_config_…` and proxies. */
  readonly environment: Readonly<Record<string, string>>
  readonly logDestination: NodeJS.WritableStream
}

const hooksDir = join(import.meta.dirname, '../hooks')

/** Starts everything; disposing of it drains the deployments and leaves the sites up. */
export async function startSlipway(config: Config, options: SlipwayOptions): Promise<Slipway> {
  const logger = createServerLog(options.logDestination)
  const logError = (message: string, error: unknown): void => {
    logger.error({ err: error }, message)
  }
  await using rooms = new AsyncDisposableStack()

  // The machine
  await requireFolders({
    SLIPWAY_DATA: config.dataDir,
    NGINX_WWW_ROOT: config.nginx.wwwRoot,
    FRONTEND_BUILD_ROOT: config.buildRoot,
  })
  const database = rooms.use(openDatabase(config.dataDir))
  const projects = createProjectStore(database)
  const metrics = createMetrics()
  const observer = joinObservers([metrics.observer, createDeploymentLog(logger)])
  const secretKey = await ensureSecretKey(config.dataDir)
  const webhooks = createWebhookStore(database, secretKey)
  const deliveries = rooms.use(new Deliveries({ webhooks, config, logError }))
  const kept = createDeploymentStore(database)
  const announcer = createAnnouncer({ config, projects, deployments: kept, webhooks, deliveries })
  const deployments = observeDeployments(tellEnds(database, kept, announcer.tellEnd), observer)
  const eventLog = createEventLog(database, (error) => {
    logError('a follower of a log failed', error)
  })
  const events = observeEvents(eventLog, observer)
  const tokens = createTokenStore(database)
  const variables = createVariableStore(database, secretKey)
  const buildUser = chooseBuildUser()
  const repositories = new GitRepositories({ dataDir: config.dataDir, hooksDir, limits, buildUser })
  const toolchain = await findToolchain()
  const registry = await readRegistrySettings(toolchain, options.environment)
  const builder = observeBuilder(
    createBuilder({ config, buildUser, toolchain, registry }),
    observer,
  )
  const entrance = await openEntrance(config)
  const nginx = await startNginx(config, entrance)
  const sites = createSites({ config, nginx })
  const generator = createWelcomePages()

  // The core
  const pipelines = createPipelines({
    checkout: createCheckout({ repositories, builder }),
    plan: createPlan({ repositories }),
    generate: createGenerate(),
    install: createInstall({ config, builder }),
    build: createBuild({ config, builder }),
    welcome: createWelcome({ config, builder, generator }),
    release: createRelease({ sites }),
    vhost: createVhost({ config, sites }),
    activate: createActivate({ sites }),
    certificate: createCertificate(),
    verify: createVerify({ sites }),
  })
  const parts = {
    config,
    projects,
    repositories,
    deployments,
    events,
    variables,
    builder,
    sites,
    pipelines,
  }
  const deployer = new Deployer({ ...parts, logError })
  // Where a door does not open, what recovery resumed must not outlive the database.
  rooms.defer(() => deployer.stop(0))
  await recoverDeployments({ ...parts, deployer, logError })
  const audit = createAuditStore(database)
  const handler = auditPushes(
    observePushes(new PushReceiver({ ...parts, deployer }), observer),
    audit,
  )

  const queueState = (): QueueState => deployer.queueState()
  const readDisks = () => readDisksOf(config)
  metrics.lookUp({ queueState, readDisks })
  const readReadiness = createReadiness({
    checkDatabase: () => {
      database.checkWritable()
    },
    isServing: sites.isServing,
    checkSandbox: builder.checkSandbox,
    readDisks,
    isStopping: () => queueState().isStopping,
  })

  // The doors
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
  const pages = new LogPages(eventLog, observer)
  const streams = new Streams({ pages, tokens, limits, now: Date.now })
  const server = rooms.use(
    await startHttpServer(
      {
        logger,
        entranceSecret: entrance.secret,
        onRequestEnd: [metrics.onRequestEnd, createRequestLog(logger)],
        gitDoor: createGitDoor({ transport, parse: parseGitPath, projects, admission, logError }),
        addRoutes: (fastify) => {
          const table = new RouteTable(fastify, {
            admission,
            projects,
            answers: createAnswerStore(database),
            audit,
          })
          addHealthRoutes(table, readReadiness)
          addMetricsRoutes(table, { metrics, tokens })
          addProjectRoutes(table, {
            ...parts,
            createProject: async (wish) => {
              const born = { ...parts, reservedHosts: entrance.hosts, deployer, logError }
              const project = await createProject(born, wish)
              announcer.tellProject('project.created', project)
              return project
            },
            deleteProject: async (project) => {
              await deleteProject({ ...parts, deployer }, project)
              streams.endProject(project.id)
              announcer.tellProject('project.deleted', project)
            },
          })
          addProjectSettingsRoutes(table, parts)
          addDeploymentRoutes(table, { ...parts, pages, tokens })
          addDeployAgainRoutes(table, { ...parts, deployer })
          addVariableRoutes(table, variables)
          addStreamRoutes(table, { ...parts, streams })
          addTokenRoutes(table, tokens)
          addUsageRoutes(table, {
            ...parts,
            usage: {
              repository: (id) => measureFolder(repositories.pathOf(id)),
              site: (slug) => measureFolder(siteFolders(config, slug).site),
              cache: (id) => measureFolder(installCacheFolder(config.dataDir, id)),
            },
          })
          addAuditRoutes(table, audit)
          addWebhookRoutes(table, { ...parts, webhooks })
          addOpenapiRoutes(table, config)
        },
      },
      config.listen,
    ),
  )
  rooms.use(streams)
  deliveries.wake()
  // Last opened, so the first to close: pushers keep their connections until what runs is live.
  rooms.defer(() => deployer.stop(limits.drainTimeoutMs))
  logger.info({ address: server.address }, 'slipway serves')
  const opened = rooms.move()
  return {
    address: server.address,
    adminTokenFile,
    stopSites: nginx.stop,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

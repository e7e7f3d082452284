/** The rooms of the machine, opened in order: the disk, the database, git, builds and nginx. */
import { join } from 'node:path'
import { chooseBuildUser } from '../build/build-user.ts'
import { createBuilder } from '../build/builder.ts'
import { createSandboxedProcesses } from '../build/sandboxed-processes.ts'
import { findToolchain, readRegistrySettings } from '../build/toolchain.ts'
import { type Config, limits } from '../config.ts'
import { openCertificates } from '../certificates/open-certificates.ts'
import { createAppGenerator } from '../generate/app-generator.ts'
import { createWelcomePages } from '../generate/welcome-page.ts'
import { openDomains, type OpenDomains } from '../domains/open-domains.ts'
import { GitRepositories } from '../git/repositories.ts'
import { createAnnouncer } from '../http/announce.ts'
import { requireFolders } from '../machine/require-folders.ts'
import {
  observeBuilder,
  observeDeployments,
  observeEvents,
  type Observer,
} from '../pipeline/observe.ts'
import { createSiteUrls } from '../pipeline/site-urls.ts'
import { openEntrance } from '../sites/entrance.ts'
import { certificatesFolder, challengesFolder } from '../sites/site-folders.ts'
import { listHosts, listServedHosts } from '../sites/hosts.ts'
import { createSites } from '../sites/sites.ts'
import { startNginx } from '../sites/start-nginx.ts'
import { createAppStore } from '../sites/app-store.ts'
import { createAnswerStore } from '../store/answers.ts'
import { createAuditStore } from '../store/audit.ts'
import { openDatabase } from '../store/database.ts'
import { createCertificateStore } from '../store/certificates.ts'
import { createDeploymentStore } from '../store/deployments.ts'
import { createDomainStore } from '../store/domains.ts'
import { createEventLog } from '../store/events.ts'
import { createProjectStore } from '../store/projects.ts'
import { ensureSecretKey } from '../store/secret-key.ts'
import { tellEnds } from '../store/told-ends.ts'
import { createTokenStore } from '../store/tokens.ts'
import { createVariableStore } from '../store/variables.ts'
import { createWebhookStore } from '../store/webhooks.ts'
import { Deliveries } from '../webhooks/deliveries.ts'

export interface MachineOptions {
  readonly config: Config
  /** What the operator's npm is configured with by the environment: `npm_config_…` and proxies. */
  readonly environment: Readonly<Record<string, string>>
  readonly observer: Observer
  readonly logError: (message: string, error: unknown) => void
  /** Closes what is opened here. */
  readonly rooms: AsyncDisposableStack
}

export type Machine = Awaited<ReturnType<typeof openMachine>>

export const hooksDir = join(import.meta.dirname, '../../hooks')

export async function openMachine({
  config,
  environment,
  observer,
  logError,
  rooms,
}: MachineOptions) {
  await requireFolders({
    SLIPWAY_DATA: config.dataDir,
    NGINX_WWW_ROOT: config.nginx.wwwRoot,
    FRONTEND_BUILD_ROOT: config.buildRoot,
  })
  const database = rooms.use(openDatabase(config.dataDir))
  const secretKey = await ensureSecretKey(config.dataDir)
  const projects = createProjectStore(database)
  const webhooks = createWebhookStore(database, secretKey)
  const deliveries = rooms.use(new Deliveries({ webhooks, config, logError }))
  const kept = createDeploymentStore(database)
  const { certificates, start: startCertificates } = rooms.use(
    await openCertificates({
      config,
      store: createCertificateStore(database),
      certificatesDir: certificatesFolder(config),
      challengesDir: challengesFolder(config),
      hosts: listServedHosts(config),
      // Nothing is ordered before the domains are open, further down.
      preflight: (name, signal) => ownDomains.preflight(name, signal),
      tellWildcard: () => {
        nginx.reload().catch((error: unknown) => {
          logError('nginx can not be told of the wildcard', error)
        })
      },
      logError,
      tellTry: (end) => observer.onCertificateTry?.(end),
    }),
  )
  const siteUrlOf = createSiteUrls(config, certificates)
  const announcer = createAnnouncer({
    siteUrlOf,
    projects,
    deployments: kept,
    webhooks,
    deliveries,
  })
  const eventLog = createEventLog(database, (error) => {
    logError('a follower of a log failed', error)
  })
  const buildUser = chooseBuildUser()
  const toolchain = await findToolchain()
  const registry = await readRegistrySettings(toolchain, environment)
  const builder = createBuilder({ config, buildUser, toolchain, registry })
  const processes = createSandboxedProcesses({ config, buildUser, toolchain })
  const appGenerator = rooms.use(createAppGenerator({ config, processes }))
  const entrance = await openEntrance(config)
  const nginx = await startNginx(config, entrance, {
    isProject: (slug) => projects.find(slug) !== null,
    logError,
  })
  const sites = createSites({ config, nginx })
  const ownDomains: OpenDomains = rooms.use(
    await openDomains({
      config,
      secretKey,
      store: createDomainStore(database),
      projects,
      sites,
      certificates,
      reservedHosts: entrance.hosts,
      challengesDir: challengesFolder(config),
      logError,
    }),
  )
  for (const host of [config.frontendDomain, ...entrance.hosts]) {
    certificates.request(host)
    // Whoever has mended a DNS record and starts the server again does not wait for tomorrow.
    certificates.retry(host)
  }
  startCertificates(listHosts(config))
  ownDomains.start()
  return {
    database,
    projects,
    deployments: observeDeployments(tellEnds(database, kept, announcer.tellEnd), observer),
    eventLog,
    events: observeEvents(eventLog, observer),
    tokens: createTokenStore(database),
    variables: createVariableStore(database, secretKey),
    answers: createAnswerStore(database),
    audit: createAuditStore(database),
    webhooks,
    deliveries,
    announcer,
    certificates,
    siteUrlOf,
    repositories: new GitRepositories({ dataDir: config.dataDir, hooksDir, limits, buildUser }),
    builder: observeBuilder(builder, observer),
    welcomePages: createWelcomePages(),
    appGenerator,
    appStore: createAppStore(config),
    entrance,
    nginx,
    sites,
    domains: ownDomains.domains,
  }
}

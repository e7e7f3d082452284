/**
 * The one place where the parts meet: opens the machine, the core and the doors in order, and closes
 * them in the reverse. Holds no logic of its own.
 */
import { type Config, limits } from './config.ts'
import { createCertificateLog } from './http/log-certificates.ts'
import { createDeploymentLog } from './http/log-deployments.ts'
import { createMetrics } from './http/metrics.ts'
import type { HttpServer } from './http/server.ts'
import { frameworks } from './domain/project.ts'
import { createServerLog } from './machine/server-log.ts'
import { joinObservers } from './pipeline/observe.ts'
import { collectDaily } from './sites/collect-app-files.ts'
import { openCore } from './slipway/core.ts'
import { openDoors } from './slipway/doors.ts'
import { openMachine } from './slipway/machine.ts'

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

/** Starts everything; disposing of it drains the deployments and leaves the sites up. */
export async function startSlipway(config: Config, options: SlipwayOptions): Promise<Slipway> {
  const logger = createServerLog(options.logDestination)
  const logError = (message: string, error: unknown): void => {
    logger.error({ err: error }, message)
  }
  await using rooms = new AsyncDisposableStack()
  const metrics = createMetrics()
  const logs = [createDeploymentLog(logger), createCertificateLog(logger)]
  const observer = joinObservers([metrics.observer, ...logs])
  const shared = { config, observer, logError, rooms }
  const machine = await openMachine({ ...shared, environment: options.environment })
  const core = await openCore({ ...shared, machine })
  const { address, adminTokenFile } = await openDoors({
    ...shared,
    machine,
    core,
    metrics,
    logger,
  })
  machine.deliveries.wake()
  rooms.use(
    collectDaily(config, {
      tell: (collected) => {
        logger.info(collected, 'removed files of apps that nobody needs any more')
      },
      tellError: (error) => {
        logError('files of apps that nobody needs could not be removed', error)
      },
    }),
  )
  // Last opened, so the first to close: pushers keep their connections until what runs is live.
  rooms.defer(() => core.deployer.stop(limits.drainTimeoutMs))
  if (core.pulls !== null) {
    // Before the deployments stop, so that what is committed is queued too.
    rooms.use(core.pulls)
    void core.pulls.resume()
  }
  // So that the first push of an app has not to wait for it. Whose schemas come from the platform
  // may get apps of any framework.
  machine.appGenerator.prepare(config.schemaPull ? frameworks : []).catch((error: unknown) => {
    logError('what all generated apps share could not be made', error)
  })
  logger.info({ address }, 'slipway serves')
  const opened = rooms.move()
  return {
    address,
    adminTokenFile,
    stopSites: machine.nginx.stop,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

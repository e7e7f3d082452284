/**
 * What Prometheus reads: counted as it happens, looked up when it is asked for. A label has only
 * values of our own tables, so that nobody can fill the memory by asking for odd things.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CertificateCounts } from '../contracts.ts'
import { deploymentTriggers } from '../domain/deployment.ts'
import type { QueueState } from '../pipeline/deployer.ts'
import { joinObservers, type Observer } from '../pipeline/observe.ts'
import type { OnRequestEnd } from './request-end.ts'

export interface Disk {
  /** `data`, `www` or `builds`. */
  readonly folder: string
  readonly bytes: number
  readonly bytesFree: number
}

/** What is looked up. */
export interface MetricsSources {
  readonly queueState: () => QueueState
  readonly readDisks: () => Promise<readonly Disk[]>
  readonly countCertificates: () => CertificateCounts
}

export interface Metrics {
  readonly observer: Observer
  readonly onRequestEnd: OnRequestEnd
  /** From now on they are part of the text. */
  readonly lookUp: (sources: MetricsSources) => void
  readonly text: () => Promise<string>
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    observer: joinObservers([countDeployments(registry), countCertificateTries(registry)]),
    onRequestEnd: countRequests(registry),
    lookUp: (sources) => {
      addQueue(registry, sources)
      addDisks(registry, sources)
      addCertificates(registry, sources)
    },
    // prom-client writes `Nan` where nothing was measured; the format has `NaN`.
    text: async () => (await registry.metrics()).replace(/ Nan$/gm, ' NaN'),
  }
}

const secondsOfRequests = [0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600]
const secondsOfSteps = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

function countDeployments(registry: Registry): Observer {
  const registers = [registry]
  const ended = new Counter({
    name: 'slipway_deployments_total',
    help: 'Deployments that have ended.',
    labelNames: ['result', 'trigger'],
    registers,
  })
  const durations = new Histogram({
    name: 'slipway_deployment_duration_seconds',
    help: 'From being asked for to the end, waiting included.',
    labelNames: ['result'],
    buckets: secondsOfSteps,
    registers,
  })
  const steps = new Histogram({
    name: 'slipway_step_duration_seconds',
    help: 'One step of a deployment, by how it ended.',
    labelNames: ['step', 'status'],
    buckets: secondsOfSteps,
    registers,
  })
  const installs = new Counter({
    name: 'slipway_install_cache_total',
    help: 'Installs that found kept packages, and those that did not.',
    labelNames: ['result'],
    registers,
  })
  const followers = new Gauge({
    name: 'slipway_log_followers',
    help: 'Who follows a log now: pushers, streams and sockets.',
    registers,
  })
  const pushes = new Counter({
    name: 'slipway_pushes_total',
    help: 'Pushes; declined where any of its refs was.',
    labelNames: ['result'],
    registers,
  })
  // A rate can only be told of what was there before.
  for (const trigger of deploymentTriggers) {
    for (const result of ['completed', 'failed', 'cancelled']) ended.inc({ result, trigger }, 0)
  }
  for (const result of ['hit', 'miss']) installs.inc({ result }, 0)
  for (const result of ['accepted', 'declined']) pushes.inc({ result }, 0)
  return {
    onDeploymentEnd: ({ status: result, trigger, createdAt, finishedAt }) => {
      ended.inc({ result, trigger })
      durations.observe({ result }, secondsBetween(createdAt, finishedAt))
    },
    onStepEnd: ({ step, status, startedAt, finishedAt }) => {
      steps.observe({ step, status }, secondsBetween(startedAt, finishedAt))
    },
    onModulesSought: (areKnown) => {
      installs.inc({ result: areKnown ? 'hit' : 'miss' })
    },
    onFollow: () => {
      followers.inc()
    },
    onUnfollow: () => {
      followers.dec()
    },
    onPushEnd: (result) => {
      pushes.inc({ result })
    },
  }
}

function countRequests(registry: Registry): OnRequestEnd {
  const durations = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'Requests to the server itself, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: secondsOfRequests,
    registers: [registry],
  })
  return ({ route, method, status, durationMs }) => {
    durations.observe({ route: route ?? 'none', method, status }, durationMs / 1_000)
  }
}

function addQueue(registry: Registry, { queueState }: MetricsSources): void {
  const gauges: Readonly<Record<string, readonly [string, (state: QueueState) => number]>> = {
    queue_depth: ['Deployments that wait.', ({ waiting }) => waiting],
    queue_oldest_seconds: [
      'Since the oldest of those that wait was asked for.',
      ({ oldestSince }) => (oldestSince === null ? 0 : secondsBetween(oldestSince, new Date())),
    ],
    deployments_running: ['Deployments that run.', ({ running }) => running],
    builds_running: ['Places among the builds that are taken.', ({ building }) => building],
    stopping: ['1 while the server finishes what runs.', ({ isStopping }) => Number(isStopping)],
  }
  for (const [name, [help, read]] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({
      name: `slipway_${name}`,
      help,
      registers: [registry],
      collect: () => {
        gauge.set(read(queueState()))
      },
    })
  }
}

function addDisks(registry: Registry, { readDisks }: MetricsSources): void {
  const gauges: Readonly<Record<string, readonly [string, (disk: Disk) => number]>> = {
    disk_size_bytes: ['The file system below a folder.', ({ bytes }) => bytes],
    disk_free_bytes: ['What of it is free.', ({ bytesFree }) => bytesFree],
  }
  for (const [name, [help, read]] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({
      name: `slipway_${name}`,
      help,
      labelNames: ['folder'],
      registers: [registry],
      collect: async () => {
        for (const disk of await readDisks()) gauge.set({ folder: disk.folder }, read(disk))
      },
    })
  }
}

function countCertificateTries(registry: Registry): Observer {
  const tries = new Counter({
    name: 'slipway_certificate_tries_total',
    help: 'Tries to get or to renew a certificate, by how they ended.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ['issued', 'failed', 'held_back']) tries.inc({ result }, 0)
  return {
    onCertificateTry: ({ result }) => {
      tries.inc({ result })
    },
  }
}

/** A series for each host would be thousands: the first to end is the one that matters. */
function addCertificates(registry: Registry, { countCertificates }: MetricsSources): void {
  const registers = [registry]
  const byState: Gauge = new Gauge({
    name: 'slipway_certificates',
    help: 'Certificates that are looked after: valid ones, and those that visitors wait for.',
    labelNames: ['state'],
    registers,
    collect: () => {
      const { valid, waiting } = countCertificates()
      byState.set({ state: 'valid' }, valid)
      byState.set({ state: 'waiting' }, waiting)
    },
  })
  const gauges: Readonly<Record<string, readonly [string, (counts: CertificateCounts) => number]>> =
    {
      certificates_failing: [
        'Certificates whose last try failed, new ones and renewals.',
        ({ failing }) => failing,
      ],
      certificates_held_back: [
        'Certificates that wait for a limit of the authority.',
        ({ heldBack }) => heldBack,
      ],
      certificate_first_end_seconds: [
        'Until the first certificate ends; NaN where there is none.',
        ({ firstEnd }) => ((firstEnd?.getTime() ?? Number.NaN) - Date.now()) / 1_000,
      ],
    }
  for (const [name, [help, read]] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({
      name: `slipway_${name}`,
      help,
      registers,
      collect: () => {
        gauge.set(read(countCertificates()))
      },
    })
  }
}

function secondsBetween(start: Date, end: Date | null): number {
  return Math.max(0, ((end ?? new Date()).getTime() - start.getTime()) / 1_000)
}

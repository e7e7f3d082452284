/**
 * Sends what is queued for webhooks, when it is due, and decides what becomes of it. What was sent
 * as the server went away is sent again, with the same id.
 */
import { type Config, limits } from '../config.ts'
import type { WebhookDelivery, WebhookStore } from '../contracts.ts'
import { DueJobs } from '../machine/due-jobs.ts'
import { resolveHost, sendPost, type SendParts } from './send.ts'
import { signMessage } from './sign.ts'

export interface DeliveriesParts {
  readonly webhooks: Pick<WebhookStore, 'due' | 'nextDueAt' | 'settle'>
  /** The host of `backendUrl` is the one that may be private. */
  readonly config: Pick<Config, 'backendUrl'>
  readonly logError: (message: string, error: unknown) => void
  readonly now?: () => number
  /** From 0 to 1. */
  readonly random?: () => number
  readonly resolve?: SendParts['resolve']
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
/** After each attempt that failed; after the last of them there is no other. */
export const retryDelaysMs: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]
/** So that what failed together does not come back together. */
const jitterShare = 0.1
const gone = 410
const unwritten = 'what became of a webhook could not be written down'

export class Deliveries implements AsyncDisposable {
  readonly #parts: Required<DeliveriesParts> & SendParts
  readonly #jobs: DueJobs<WebhookDelivery>

  constructor(parts: DeliveriesParts) {
    const trustedHost = new URL(parts.config.backendUrl).hostname
    const usual = { now: Date.now, random: Math.random, resolve: resolveHost }
    this.#parts = { ...usual, ...parts, trustedHost }
    const { webhooks, logError, now } = this.#parts
    this.#jobs = new DueJobs({
      atOnceMax: limits.webhookRequestsMax,
      listDue: () => webhooks.due(),
      nextAt: () => toDate(webhooks.nextDueAt()),
      keyOf: ({ webhookId }) => webhookId,
      run: (delivery) => this.#deliver(delivery),
      tellError: (error, delivery) => {
        const what = delivery === null ? 'webhooks can not be read' : unwritten
        logError(what, error)
      },
      now: () => new Date(now()),
    })
  }

  /** To be called at the start, and whenever something was queued. */
  wake(): void {
    this.#jobs.wake()
  }

  /** Sends all that is due by now, and answers when that is done. */
  sendDue(): Promise<void> {
    return this.#jobs.runDue()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#jobs[Symbol.asyncDispose]()
  }

  async #deliver(delivery: WebhookDelivery): Promise<void> {
    const { webhooks, now, random } = this.#parts
    const outcome = await this.#attempt(delivery)
    // It did not fail: it is sent after the restart.
    if (this.#jobs.ending.aborted && outcome.status === null) return
    const { status, result } = outcome
    if (status !== null && status >= 200 && status < 300) {
      webhooks.settle(delivery, { result, next: 'done' })
    } else if (status === gone) {
      webhooks.settle(delivery, { result, next: 'disable' })
    } else {
      const delayMs = retryDelaysMs[delivery.attempts]
      const dueAt = Math.round(now() + (delayMs ?? 0) * (1 + jitterShare * random()))
      webhooks.settle(delivery, { result, next: delayMs === undefined ? 'done' : { dueAt } })
    }
  }

  async #attempt(delivery: WebhookDelivery): Promise<Outcome> {
    const { secret, url, body, messageId } = delivery
    if (secret === null) return { status: null, result: 'its secret was sealed by another key' }
    const timeLimit = AbortSignal.timeout(limits.webhookTimeoutMs)
    try {
      const headers = signMessage(secret, { id: messageId, sentAtMs: this.#parts.now(), body })
      const signal = AbortSignal.any([timeLimit, this.#jobs.ending])
      const status = await sendPost(this.#parts, { url, headers, body, signal })
      return { status, result: `HTTP ${status}` }
    } catch (error) {
      if (timeLimit.aborted) return { status: null, result: 'no answer in time' }
      const words = error instanceof Error ? error.message : ''
      return { status: null, result: (words || 'it can not be reached').slice(0, 200) }
    }
  }
}

interface Outcome {
  /** Null where there was no answer. */
  readonly status: number | null
  /** For people. */
  readonly result: string
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}

/** Those who are being sent a log by REST: known, so that they end when their token does. */
import type { ServerResponse } from 'node:http'
import type { Token, TokenStore } from '../contracts.ts'

export class LogReaders {
  readonly #responses = new Map<ServerResponse, string>()

  constructor(tokens: Pick<TokenStore, 'onRevoke'>) {
    tokens.onRevoke((tokenId) => {
      for (const [response, id] of this.#responses) {
        // Cut off, so that it does not look as if the log had ended.
        if (id === tokenId) response.destroy()
      }
    })
  }

  /** The signal aborts when the reader has gone, by whatever cause. */
  add(response: ServerResponse, { id, expiresAt }: Token): AbortSignal {
    const gone = new AbortController()
    this.#responses.set(response, id)
    const leftMs = (expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now()
    const timer = setTimeout(() => response.destroy(), Math.min(leftMs, timerMsMax)).unref()
    response.once('close', () => {
      clearTimeout(timer)
      this.#responses.delete(response)
      gone.abort()
    })
    return gone.signal
  }
}

/** What setTimeout takes: 24 days, after which a follower may come again. */
const timerMsMax = 2 ** 31 - 1

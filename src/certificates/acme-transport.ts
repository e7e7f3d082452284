/**
 * How acme-client speaks to the authority: with a time limit, and without its own sleeping and
 * trying again, which takes a `Retry-After` of a day literally. What fails becomes an AcmeError.
 */
import { Agent } from 'node:https'
import { type AxiosAdapter, type AxiosResponse, getAdapter, isAxiosError } from 'axios'
import { axios } from 'acme-client'
import { limits } from '../config.ts'
import { AcmeError, readProblem, readRetryAfterMs } from './acme-error.ts'

/** `rootPem` is trusted instead of the public authorities, for one of the operator's own. */
export function prepareAcmeTransport(rootPem: string | null): void {
  const send = getAdapter('http')
  axios.defaults.timeout = limits.acmeRequestTimeoutMs
  axios.defaults.maxContentLength = limits.acmeAnswerBytesMax
  axios.defaults.adapter = translateFailures(send)
  if (rootPem !== null) axios.defaults.httpsAgent = new Agent({ ca: rootPem })
}

/** An error without acme-client's `config` passes through its interceptors as it is. */
function translateFailures(send: AxiosAdapter): AxiosAdapter {
  return async (config) => {
    try {
      return await send(config)
    } catch (error) {
      if (!isAxiosError(error)) throw error
      const { response } = error
      if (response === undefined) {
        throw new AcmeError({ type: 'network', detail: error.message, retryAfterMs: null }, error)
      }
      if (response.status < 400 || isBadNonce(response)) throw error
      throw new AcmeError({
        ...readProblem(response.data),
        ...(response.status >= 500 ? { type: 'serverInternal' } : {}),
        retryAfterMs: readRetryAfterMs(response.headers['retry-after'], Date.now()),
      })
    }
  }
}

/** acme-client signs such a request once more, with the nonce that came with the answer. */
function isBadNonce({ data }: AxiosResponse): boolean {
  return readProblem(data).type === 'badNonce'
}

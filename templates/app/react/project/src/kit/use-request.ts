import { useCallback, useEffect, useState } from 'react'
import { type ApiError, toApiError } from './api.ts'

export interface Asked<T> {
  /** The last answer; it stays while the next one is on its way. */
  readonly data: T | null
  readonly error: ApiError | null
  readonly isLoading: boolean
  readonly retry: () => void
}

interface Outcome<T> {
  readonly key: string | null
  readonly data: T | null
  readonly error: ApiError | null
}

/**
 * Asks when it is first shown and whenever `key` changes; what came too late is dropped. Asks for
 * nothing while the key is null.
 */
export function useRequest<T>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<T>,
): Asked<T> {
  const [attempt, setAttempt] = useState(0)
  const [outcome, setOutcome] = useState<Outcome<T>>({ key: null, data: null, error: null })
  const wanted = key === null ? null : `${attempt} ${key}`

  useEffect(() => {
    if (wanted === null) return
    const controller = new AbortController()
    const { signal } = controller
    ask(signal).then(
      (data) => {
        if (!signal.aborted) setOutcome({ key: wanted, data, error: null })
      },
      (thrown: unknown) => {
        if (signal.aborted) return
        setOutcome(({ data }) => ({ key: wanted, data, error: toApiError(thrown) }))
      },
    )
    return () => controller.abort()
    // `ask` is a new function at every render: the key says what it asks for.
  }, [wanted])

  const retry = useCallback(() => setAttempt((number) => number + 1), [])
  const isOffline = outcome.error?.trouble === 'offline'
  useEffect(() => {
    if (!isOffline) return
    window.addEventListener('online', retry)
    return () => window.removeEventListener('online', retry)
  }, [isOffline, retry])

  const isLoading = wanted !== null && outcome.key !== wanted
  return { data: outcome.data, error: isLoading ? null : outcome.error, isLoading, retry }
}

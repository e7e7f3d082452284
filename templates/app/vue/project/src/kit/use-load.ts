/** What a component reads from the API: asked again whenever the question changes, or on demand. */
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { type ApiError, toApiError } from './api.ts'

export interface Loaded<Answer> {
  /** The last answer; it stays while the next one is on its way. Null before the first. */
  readonly answer: Readonly<Ref<Answer | null>>
  readonly error: Readonly<Ref<ApiError | null>>
  readonly isLoading: Readonly<Ref<boolean>>
  readonly reload: () => void
}

/** Nothing is asked where the question is null. What comes too late is dropped. */
export function useLoad<Answer>(
  question: () => string | null,
  load: (question: string, signal: AbortSignal) => Promise<Answer>,
): Loaded<Answer> {
  const answer = shallowRef<Answer | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const isLoading = shallowRef(false)
  const attempts = shallowRef(0)

  const ask = async (asked: string, signal: AbortSignal) => {
    try {
      const loaded = await load(asked, signal)
      if (!signal.aborted) answer.value = loaded
    } catch (caught) {
      if (!signal.aborted) error.value = toApiError(caught)
    }
    if (!signal.aborted) isLoading.value = false
  }
  watch(
    [question, attempts],
    ([asked], _before, onCleanup) => {
      error.value = null
      isLoading.value = asked !== null
      if (asked === null) return
      const controller = new AbortController()
      onCleanup(() => controller.abort())
      void ask(asked, controller.signal)
    },
    { immediate: true },
  )

  const reload = () => {
    attempts.value += 1
  }
  const onOnline = () => {
    if (error.value?.trouble === 'offline') reload()
  }
  window.addEventListener('online', onOnline)
  onScopeDispose(() => window.removeEventListener('online', onOnline))

  return { answer, error, isLoading, reload }
}

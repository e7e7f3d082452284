/** What a related row is called: `#12` until that is known. */
import { computed, type ComputedRef, onScopeDispose, shallowRef, watchEffect } from 'vue'
import { isRow, type Json, type Target, targetIdOf, titleOf } from './model.ts'
import { useTools } from './tools.ts'

export interface Related {
  readonly target: Target | undefined
  /** An id or a whole row. */
  readonly value: Json
}

export function useLabel(related: () => Related): ComputedRef<string> {
  const { labels } = useTools()
  // The labels are no part of Vue: their changes are counted, and counting is one.
  const changes = shallowRef(0)
  const unsubscribe = labels.subscribe(() => {
    changes.value += 1
  })
  onScopeDispose(unsubscribe)

  watchEffect(() => {
    const { target, value } = related()
    const id = targetIdOf(value)
    if (target !== undefined && id !== undefined && !isRow(value)) labels.want(target, id)
  })
  return computed(() => {
    const { target, value } = related()
    const id = targetIdOf(value)
    if (isRow(value)) return titleOf(value, target ?? {})
    if (target === undefined || id === undefined) return `#${id ?? ''}`
    return (changes.value >= 0 ? labels.get(target, id) : null) ?? `#${id}`
  })
}

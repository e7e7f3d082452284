/** The rows of a related table that match what people type, while they are asked for. */
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { filterByTitle, type Row, type Target } from './model.ts'
import { useTools } from './tools.ts'
import { type Loaded, useLoad } from './use-load.ts'

const pauseMs = 200
const optionsMax = 20

export function useOptions(
  target: () => Target,
  text: Readonly<Ref<string>>,
  isOpen: Readonly<Ref<boolean>>,
): Loaded<readonly Row[]> {
  const { api, labels } = useTools()
  const search = useSettled(text)
  const loaded = useLoad(
    () => (isOpen.value ? search.value : null),
    async (asked, signal) => {
      const { rows } = await api.list(target().table, { search: asked, size: optionsMax }, signal)
      labels.learn(target(), rows)
      return rows.slice(0, optionsMax)
    },
  )
  // Whoever types and presses Enter at once must not get what an older text has found.
  const answer = computed(() => {
    const rows = loaded.answer.value
    const isCurrent = search.value === text.value.trim() && !loaded.isLoading.value
    if (rows === null || isCurrent) return rows
    const matching = filterByTitle(rows, target(), text.value)
    return matching.length === 0 ? null : matching
  })
  return { ...loaded, answer }
}

/** The text as it was when people last paused. */
function useSettled(text: Readonly<Ref<string>>): Readonly<Ref<string>> {
  const settled = shallowRef(text.value.trim())
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(text, () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      settled.value = text.value.trim()
    }, pauseMs)
  })
  onScopeDispose(() => clearTimeout(timer))
  return settled
}

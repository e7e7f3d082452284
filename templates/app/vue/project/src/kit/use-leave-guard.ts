/** Asks before people leave what they have changed: by a link, the back button, closing the window. */
import { onScopeDispose, type Ref } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocation } from 'vue-router'
import { useTools } from './tools.ts'

export interface LeaveGuard {
  /** Before the app itself leaves, after saving. */
  readonly release: () => void
}

export function useLeaveGuard(isChanged: Readonly<Ref<boolean>>): LeaveGuard {
  const { messages, questions } = useTools()
  let isReleased = false
  const isGuarding = () => isChanged.value && !isReleased

  const mayLeave = async (to: RouteLocation, from: RouteLocation) => {
    if (!isGuarding() || to.path === from.path) return true
    return questions.ask({
      title: messages.leaveTitle,
      text: messages.leaveText,
      yes: messages.leave,
      no: messages.stay,
    })
  }
  // The form of another row is the same route with other parameters.
  onBeforeRouteLeave(mayLeave)
  onBeforeRouteUpdate(mayLeave)

  const onUnload = (event: BeforeUnloadEvent) => {
    if (isGuarding()) event.preventDefault()
  }
  window.addEventListener('beforeunload', onUnload)
  onScopeDispose(() => window.removeEventListener('beforeunload', onUnload))

  return {
    release: () => {
      isReleased = true
    },
  }
}

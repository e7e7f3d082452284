/**
 * Asks before people leave a form that they have changed: by a link, by the back button, by closing
 * the window. It hears of these before the router does, so it is installed before it.
 */
import { useEffect } from 'react'

let isGuarding = false
/** Where in the history the form is; the router counts its entries. */
let position = 0

/** Guards as long as `isChanged`. */
export function useLeaveGuard(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return
    isGuarding = true
    position = readPosition()
    return releaseLeaveGuard
  }, [isChanged])
}

/** Before the app itself leaves, after saving. */
export function releaseLeaveGuard(): void {
  isGuarding = false
}

/** `ask` answers whether people want to leave. */
export function installLeaveGuard(ask: () => Promise<boolean>): void {
  const leaveBy = async (go: () => void) => {
    if (!(await ask())) return
    releaseLeaveGuard()
    go()
  }
  let isComingBack = false
  let distance = 0

  window.addEventListener('beforeunload', (event) => {
    if (isGuarding) event.preventDefault()
  })

  const onClick = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!isGuarding || link === null || !leavesPage(link, event)) return
    event.preventDefault()
    event.stopPropagation()
    void leaveBy(() => link.click())
  }
  document.addEventListener('click', onClick, { capture: true })

  // The browser has gone already: it is brought back, and the router hears of neither.
  const onPop = (event: PopStateEvent) => {
    if (isComingBack) {
      isComingBack = false
      event.stopImmediatePropagation()
      void leaveBy(() => history.go(distance))
    } else if (isGuarding && readPosition() !== position) {
      event.stopImmediatePropagation()
      isComingBack = true
      distance = readPosition() - position
      history.go(-distance)
    }
  }
  window.addEventListener('popstate', onPop)
}

function leavesPage(link: HTMLAnchorElement, event: MouseEvent): boolean {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return false
  }
  return (
    link.target === '' && link.origin === location.origin && link.pathname !== location.pathname
  )
}

function readPosition(): number {
  const state: unknown = history.state
  return typeof state === 'object' && state !== null && 'idx' in state ? Number(state.idx) : 0
}

/** Short news at the foot of the window, read out by screen readers. */
import { useSyncExternalStore } from 'react'
import { Icon } from './icon.tsx'
import { useTools } from './tools.ts'

interface Toast {
  readonly id: number
  readonly text: string
  readonly isBad: boolean
}

const showMs = 6000

let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

export function showToast(text: string, isBad = false): void {
  lastId += 1
  const id = lastId
  change([...toasts.slice(-2), { id, text, isBad }])
  setTimeout(() => dismiss(id), showMs)
}

export function Toasts() {
  const { messages } = useTools()
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div className="toasts" role="status">
      {shown.map(({ id, text, isBad }) => (
        <div key={id} className={isBad ? 'toast toast-danger' : 'toast'}>
          <p>{text}</p>
          <button
            type="button"
            className="button-icon"
            aria-label={messages.close}
            onClick={() => dismiss(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id))
}

function change(next: readonly Toast[]): void {
  toasts = next
  listeners.forEach((listener) => listener())
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

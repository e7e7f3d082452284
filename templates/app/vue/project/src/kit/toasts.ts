/** Short notes about what was done, at the foot of the window. They go by themselves. */
import { readonly, shallowRef, type ShallowRef } from 'vue'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly isDanger: boolean
}

export interface Toasts {
  readonly shown: Readonly<ShallowRef<readonly Toast[]>>
  readonly tell: (text: string) => void
  readonly warn: (text: string) => void
  readonly close: (id: number) => void
}

const shownMs = 6000

export function createToasts(): Toasts {
  const shown = shallowRef<readonly Toast[]>([])
  let lastId = 0
  const close = (id: number) => {
    shown.value = shown.value.filter((toast) => toast.id !== id)
  }
  const add = (text: string, isDanger: boolean) => {
    lastId += 1
    const id = lastId
    shown.value = [...shown.value.slice(-2), { id, text, isDanger }]
    setTimeout(() => close(id), shownMs)
  }
  return {
    shown: readonly(shown),
    tell: (text) => add(text, false),
    warn: (text) => add(text, true),
    close,
  }
}

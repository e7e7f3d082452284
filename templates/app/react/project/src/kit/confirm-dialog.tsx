/** Questions that have to be answered before anything goes on. */
import { useEffect, useId, useRef, useSyncExternalStore } from 'react'

export interface Question {
  readonly title: string
  readonly text: string
  /** What the button says that does it. */
  readonly yes: string
  readonly no: string
}

interface AskedQuestion extends Question {
  readonly answer: (isYes: boolean) => void
}

let asked: AskedQuestion | null = null
const listeners = new Set<() => void>()

/** True when people say yes; false when they say no or press Escape. */
export function confirm(question: Question): Promise<boolean> {
  asked?.answer(false)
  return new Promise((resolve) => {
    const answer = (isYes: boolean) => {
      change(null)
      resolve(isYes)
    }
    change({ ...question, answer })
  })
}

/** Stands once in the app. */
export function ConfirmDialog() {
  const question = useSyncExternalStore(subscribe, () => asked)
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()

  useEffect(() => {
    if (question !== null) dialog.current?.showModal()
  }, [question])

  if (question === null) return null
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={(event) => question.answer(event.currentTarget.returnValue === 'yes')}
    >
      <h2 id={`${id}-title`}>{question.title}</h2>
      <p id={`${id}-text`}>{question.text}</p>
      <form method="dialog" className="dialog-actions">
        <button className="button" value="no" autoFocus>
          {question.no}
        </button>
        <button className="button button-danger" value="yes">
          {question.yes}
        </button>
      </form>
    </dialog>
  )
}

function change(next: AskedQuestion | null): void {
  asked = next
  listeners.forEach((listener) => listener())
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

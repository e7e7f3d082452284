/** One question at a time, which is answered in a dialog over the page. */
import { readonly, shallowRef, type ShallowRef } from 'vue'

export interface Question {
  readonly title: string
  readonly text: string
  readonly yes: string
  readonly no: string
}

export interface Questions {
  readonly asked: Readonly<ShallowRef<Question | null>>
  /** Whether the answer was yes. */
  readonly ask: (question: Question) => Promise<boolean>
  readonly answer: (isYes: boolean) => void
}

export function createQuestions(): Questions {
  const asked = shallowRef<Question | null>(null)
  let settle: ((isYes: boolean) => void) | null = null
  const answer = (isYes: boolean) => {
    const settleNow = settle
    settle = null
    asked.value = null
    settleNow?.(isYes)
  }
  return {
    asked: readonly(asked),
    ask: (question) => {
      answer(false)
      asked.value = question
      return new Promise((resolve) => {
        settle = resolve
      })
    },
    answer,
  }
}

/** One question at a time, which is answered in a dialog over the page. */
import { shallowRef, type ShallowRef } from 'vue'

export interface Question {
  readonly title: string
  readonly text: string
  readonly yes: string
  readonly no: string
}

export interface AskedQuestion extends Question {
  readonly number: number
  /** The first answer counts. */
  readonly answer: (isYes: boolean) => void
}

export interface Questions {
  readonly asked: Readonly<ShallowRef<AskedQuestion | null>>
  /** Whether the answer was yes. A question that is still open is answered by no. */
  readonly ask: (question: Question) => Promise<boolean>
}

export function createQuestions(): Questions {
  const asked = shallowRef<AskedQuestion | null>(null)
  let number = 0
  const ask = (question: Question) => {
    asked.value?.answer(false)
    number += 1
    return new Promise<boolean>((resolve) => {
      const answer = (isYes: boolean) => {
        if (asked.value === own) asked.value = null
        resolve(isYes)
      }
      const own = { ...question, number, answer }
      asked.value = own
    })
  }
  return { asked, ask }
}

import { type Component, inject, type InjectionKey } from 'vue'
import { type AppTools, createAppTools } from './app-tools.ts'
import type { AppOf } from './model.ts'
import { createQuestions, type Questions } from './questions.ts'
import { createToasts, type Toasts } from './toasts.ts'

export type App = AppOf<Component>

export interface Tools extends AppTools<Component> {
  readonly questions: Questions
  readonly toasts: Toasts
}

export const toolsKey: InjectionKey<Tools> = Symbol('tools')

export function createTools(app: App): Tools {
  return { ...createAppTools(app), questions: createQuestions(), toasts: createToasts() }
}

export function useTools(): Tools {
  const tools = inject(toolsKey)
  if (tools === undefined) throw new Error('This component stands outside of the app.')
  return tools
}

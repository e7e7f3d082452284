/** What all components share, made once from the app. */
import { type Component, inject, type InjectionKey } from 'vue'
import { type Api, createApi } from './api.ts'
import { createFormats, type Formats, toneCount } from './format.ts'
import { createLabels, type Labels } from './labels.ts'
import { type Messages, messagesFor } from './messages.ts'
import type { AppOf, TableEntry } from './model.ts'
import { createQuestions, type Questions } from './questions.ts'
import { createToasts, type Toasts } from './toasts.ts'

export type App = AppOf<Component>

export interface Tools {
  readonly app: App
  readonly api: Api
  readonly labels: Labels
  readonly messages: Messages
  readonly formats: Formats
  readonly questions: Questions
  readonly toasts: Toasts
  readonly tables: ReadonlyMap<string, TableEntry<Component>>
  /** The class that gives what belongs to a table its colour. */
  readonly toneOf: (table: string) => string
}

export const toolsKey: InjectionKey<Tools> = Symbol('tools')

export function createTools(app: App): Tools {
  const api = createApi(app.projectId)
  const messages = messagesFor(app.locale)
  const tones = new Map(app.tables.map(({ name }, index) => [name, `tone-${index % toneCount}`]))
  return {
    app,
    api,
    labels: createLabels(api),
    messages,
    formats: createFormats(app.locale, messages),
    questions: createQuestions(),
    toasts: createToasts(),
    tables: new Map(app.tables.map((table) => [table.name, table])),
    toneOf: (table) => tones.get(table) ?? 'tone-0',
  }
}

export function useTools(): Tools {
  const tools = inject(toolsKey)
  if (tools === undefined) throw new Error('This component stands outside of the app.')
  return tools
}

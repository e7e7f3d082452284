/** What all components share, made once from the app. */
import { type ComponentType, createContext, use } from 'react'
import { type Api, createApi } from './api.ts'
import { createFormats, type Formats, toneCount } from './format.ts'
import { createLabels, type Labels } from './labels.ts'
import { type Messages, messagesFor } from './messages.ts'
import type { AppOf, TableEntry } from './model.ts'

export type App = AppOf<ComponentType>

export interface Tools {
  readonly app: App
  readonly api: Api
  readonly labels: Labels
  readonly messages: Messages
  readonly formats: Formats
  readonly tables: ReadonlyMap<string, TableEntry<ComponentType>>
  /** The class that gives what belongs to a table its colour. */
  readonly toneOf: (table: string) => string
}

export function createTools(app: App): Tools {
  const api = createApi(app.projectId)
  const messages = messagesFor(app.locale)
  const names = app.tables.map(({ name }) => name)
  return {
    app,
    api,
    labels: createLabels(api),
    messages,
    formats: createFormats(app.locale, messages),
    tables: new Map(app.tables.map((table) => [table.name, table])),
    toneOf: (table) => `tone-${Math.max(0, names.indexOf(table)) % toneCount}`,
  }
}

export const ToolsContext = createContext<Tools | null>(null)

export function useTools(): Tools {
  const tools = use(ToolsContext)
  if (tools === null) throw new Error('This component stands outside of the app.')
  return tools
}

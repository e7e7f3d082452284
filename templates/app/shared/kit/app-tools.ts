/** What all components share, made once from the app. */
import { type Api, createApi } from './api.ts'
import { createFormats, type Formats, toneCount } from './format.ts'
import { createLabels, type Labels } from './labels.ts'
import { type Messages, messagesFor } from './messages.ts'
import type { AppOf, TableEntry } from './model.ts'

export interface AppTools<Page> {
  readonly app: AppOf<Page>
  readonly api: Api
  readonly labels: Labels
  readonly messages: Messages
  readonly formats: Formats
  readonly tables: ReadonlyMap<string, TableEntry<Page>>
  /** The class that gives what belongs to a table its colour. */
  readonly toneOf: (table: string) => string
}

export function createAppTools<Page>(app: AppOf<Page>): AppTools<Page> {
  const api = createApi(app.projectId)
  const messages = messagesFor(app.locale)
  const tones = new Map(app.tables.map(({ name }, index) => [name, `tone-${index % toneCount}`]))
  return {
    app,
    api,
    labels: createLabels(api),
    messages,
    formats: createFormats(app.locale, messages),
    tables: new Map(app.tables.map((table) => [table.name, table])),
    toneOf: (table) => tones.get(table) ?? 'tone-0',
  }
}

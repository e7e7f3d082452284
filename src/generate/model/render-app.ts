/** `src/app.ts`: the app's tables, and where the pages of each are. */
import { lit } from '../code.ts'
import type { NamedApp, NamedTable } from '../framework-template.ts'
import { renderEntry } from './render-entry.ts'

/** `extension` is that of a page: `tsx`, `vue`. */
export function renderApp(app: NamedApp, extension: string): string {
  return [
    `import type { App } from './kit/index.ts'`,
    '',
    'export const app: App = {',
    ...renderEntry('title', app.title, '  '),
    ...renderEntry('locale', app.locale, '  '),
    ...renderEntry('projectId', app.identity.projectId, '  '),
    '  tables: [',
    ...app.tables.flatMap((table) => renderTable(table, extension)),
    '  ],',
    '}',
    '',
  ].join('\n')
}

function renderTable(table: NamedTable, extension: string): readonly string[] {
  const load = (page: string): string =>
    `() => import('./tables/${renderIdentifier(table)}/${page}.${extension}')`
  const indent = '      '
  return [
    '    {',
    ...renderEntry('name', table.name, indent),
    ...renderEntry('label', table.displayName, indent),
    `${indent}pages: {`,
    `${indent}  list: ${load('List')},`,
    `${indent}  detail: ${load('Detail')},`,
    `${indent}  form: ${load('Form')},`,
    `${indent}},`,
    '    },',
  ]
}

/** Identifiers are the only text that stands in code as it is. */
export function renderIdentifier({ identifier }: NamedTable): string {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(identifier)) {
    throw new Error(`not an identifier: ${lit(identifier)}`)
  }
  return identifier
}

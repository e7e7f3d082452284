/** What it takes to generate React apps: the files that are the same in all of them, and the pages. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Eta } from 'eta'
import type { SourceFile } from '../../contracts/generate.ts'
import { lit } from '../code.ts'
import type { FrameworkTemplate, NamedApp, NamedTable } from '../framework-template.ts'
import { chooseColumns, chooseInputs } from '../model/choose-fields.ts'
import { renderApp, renderIdentifier } from '../model/render-app.ts'
import { renderFieldAccess, renderModel, type Tables } from '../model/render-model.ts'
import { appTemplatesDir, readProjectFiles } from '../read-template.ts'

const pages = ['List.tsx', 'Detail.tsx', 'Form.tsx'] as const

export const reactTemplate: FrameworkTemplate = {
  framework: 'react',
  entry: 'src/main.tsx',
  projectFiles: readProjectFiles([
    { folder: 'shared/public', prefix: 'public/' },
    { folder: 'shared/kit', prefix: 'src/kit/' },
    { folder: 'react/project', prefix: '' },
  ]),
  render: createRenderer(),
  vendor: ['react', 'react/jsx-runtime', 'react-dom/client', 'react-router'],
}

function createRenderer(): (app: NamedApp) => readonly SourceFile[] {
  // What stands in a page comes from names that were checked; if text of users ever did, by `=`.
  const eta = new Eta({ escapeFunction: lit, autoTrim: false, useWith: false })
  const templates = pages.map((page) => {
    const text = readFileSync(join(appTemplatesDir, 'react/table', `${page}.eta`), 'utf8')
    return { page, template: eta.compile(text) }
  })
  return (app) => {
    const tables: Tables = new Map(app.tables.map((table) => [table.name, table]))
    return [
      { path: 'src/app.ts', text: renderApp(app, 'tsx') },
      ...app.tables.flatMap((table) => {
        const folder = `src/tables/${renderIdentifier(table)}`
        const words = nameWords(table)
        return [
          { path: `${folder}/model.ts`, text: renderModel(table, tables) },
          ...templates.map(({ page, template }) => ({
            path: `${folder}/${page}`,
            text: eta.render(template, words),
          })),
        ]
      }),
    ]
  }
}

/** All that a page's text is made of: identifiers, and how fields are reached. */
function nameWords(table: NamedTable) {
  const access = (fields: NamedTable['fields']): readonly string[] =>
    fields.map(({ name }) => renderFieldAccess(name))
  return {
    identifier: renderIdentifier(table),
    columns: access(chooseColumns(table)),
    values: access(table.fields),
    inputs: access(chooseInputs(table)),
  }
}

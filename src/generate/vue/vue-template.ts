/** What it takes to generate Vue apps: the files that are the same in all of them, and the pages. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceFile } from '../../contracts/generate.ts'
import type { FrameworkTemplate, NamedApp, NamedTable } from '../framework-template.ts'
import { renderApp, renderIdentifier } from '../model/render-app.ts'
import { renderModel, type Tables } from '../model/render-model.ts'
import { appTemplatesDir, readProjectFiles } from '../read-template.ts'
import { renderLayout } from './render-layout.ts'

/**
 * The pages are the same for all tables, until a developer changes them: what differs is in
 * `model.ts` and `layout.ts`. Components take twenty times as long to compile as these do.
 */
const pages = ['List.vue', 'Detail.vue', 'Form.vue'] as const

export const vueTemplate: FrameworkTemplate = {
  framework: 'vue',
  entry: 'src/main.ts',
  projectFiles: readProjectFiles([
    { folder: 'shared/public', prefix: 'public/' },
    { folder: 'shared/kit', prefix: 'src/kit/' },
    { folder: 'vue/project', prefix: '' },
  ]),
  render: createRenderer(),
  vendor: ['vue', 'vue-router'],
}

function createRenderer(): (app: NamedApp) => readonly SourceFile[] {
  const texts = pages.map((page) => ({
    page,
    text: readFileSync(join(appTemplatesDir, 'vue/table', page), 'utf8'),
  }))
  return (app) => {
    const tables: Tables = new Map(app.tables.map((table) => [table.name, table]))
    const renderTable = (table: NamedTable): readonly SourceFile[] => {
      const folder = `src/tables/${renderIdentifier(table)}`
      return [
        { path: `${folder}/model.ts`, text: renderModel(table, tables) },
        { path: `${folder}/layout.ts`, text: renderLayout(table) },
        ...texts.map(({ page, text }) => ({ path: `${folder}/${page}`, text })),
      ]
    }
    return [{ path: 'src/app.ts', text: renderApp(app, 'vue') }, ...app.tables.flatMap(renderTable)]
  }
}

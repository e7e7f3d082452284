/** The files of an app's project, as a developer would have them: what is compiled, and is ejected. */
import type { SourceFile } from '../contracts/generate.ts'
import type { FrameworkTemplate, NamedApp } from './framework-template.ts'
import { renderProjectPage } from './render-page.ts'

/** Everything, sorted by path. */
export function renderProject(template: FrameworkTemplate, app: NamedApp): readonly SourceFile[] {
  const files = new Map(template.projectFiles)
  for (const { path, text } of template.render(app)) files.set(path, text)
  files.set('index.html', renderProjectPage(readProjectFile(template, 'index.html'), app))
  for (const path of ['package.json', 'package-lock.json']) {
    files.set(path, renderPackage(readProjectFile(template, path), app.identity.slug))
  }
  return [...files]
    .map(([path, text]) => ({ path, text }))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
}

/** What is not in the kit: the entry, and all that depends on the schema. */
export function renderPages(
  template: FrameworkTemplate,
  app: NamedApp,
): ReadonlyMap<string, string> {
  return new Map([
    [template.entry, readProjectFile(template, template.entry)],
    ...template.render(app).map(({ path, text }): [string, string] => [path, text]),
  ])
}

export function readProjectFile({ projectFiles }: FrameworkTemplate, path: string): string {
  const text = projectFiles.get(path)
  if (text === undefined) throw new Error(`the template has no ${path}`)
  return text
}

/** A lock file says the name twice. */
function renderPackage(text: string, name: string): string {
  return text.replaceAll(/^(\s*"name": )"app"(,?)$/gm, `$1${JSON.stringify(name)}$2`)
}

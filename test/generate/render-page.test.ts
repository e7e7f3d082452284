import { parseDocument } from 'htmlparser2'
import { expect, test } from 'vitest'
import { nameApp } from '../../src/generate/name-app.ts'
import { renderProjectPage, renderServedPage } from '../../src/generate/render-page.ts'
import { frameworks } from '../../src/generate/frameworks.ts'
import { askFor } from '../tools/generator-lab.ts'
import { hostileLabels } from '../tools/schema-arbitrary.ts'

const script = `${'a'.repeat(32)}.js`
const addresses = {
  base: '/apps/shop/',
  scripts: [`${'b'.repeat(32)}.js`, script],
  style: `${'c'.repeat(32)}.css`,
  icon: `${'d'.repeat(32)}.svg`,
}

test.each(['react', 'vue'] as const)('the page of a %s app has all that it needs', async (name) => {
  const { projectFiles, entry } = await frameworks[name]()
  const page = renderProjectPage(projectFiles.get('index.html') ?? '', nameApp(askFor('Möbel')))
  const served = renderServedPage(page, { ...addresses, entry })
  expect(served).toContain('<html lang="en">')
  expect(served).toContain('<title>Möbel</title>')
  expect(served).toContain('<meta name="base" content="/apps/shop/" />')
  expect(served).toContain(`<link rel="stylesheet" href="/_s/${addresses.style}" />`)
  expect(served).toContain(`href="/_s/${addresses.icon}"`)
  expect(served).toContain(`<script type="module" src="/_s/${script}"></script>`)
  for (const each of addresses.scripts) {
    expect(served).toContain(`<link rel="modulepreload" href="/_s/${each}" />`)
  }
  // Before the first text of a schema, the page says that no script but its own files may run.
  expect(served).toMatch(
    /<head>\s*<meta http-equiv="Content-Security-Policy" content="script-src 'self'; /,
  )
  // Which lets it pass.
  expect(served).not.toMatch(/<script(?![^>]* src=)|<style|\s(?:style|on[a-z]+)=/)
  expect(served).not.toContain('/src/')
})

test('whatever an app is called, its name is text', async () => {
  const { projectFiles, entry } = await frameworks.react()
  const template = projectFiles.get('index.html') ?? ''
  const shape = (title: string): string => {
    const page = renderProjectPage(template, nameApp(askFor(title)))
    const served = renderServedPage(page, { ...addresses, entry })
    const names: string[] = []
    const visit = (nodes: ReturnType<typeof parseDocument>['children']): void => {
      for (const node of nodes) {
        if (!('attribs' in node)) continue
        names.push(`${node.name} ${Object.keys(node.attribs).join(' ')}`)
        visit(node.children)
      }
    }
    visit(parseDocument(served).children)
    return names.join('\n')
  }
  const plain = shape('Shop')
  for (const label of hostileLabels) expect([label, shape(label)]).toEqual([label, plain])
})

test('a template that has lost a place to write to is noticed', () => {
  const app = nameApp(askFor('Shop'))
  expect(() => renderProjectPage('<html lang="en">', app)).toThrow('<title>App</title>')
  expect(() => renderProjectPage('<html lang="en"><html lang="en">', app)).toThrow('2 times')
})

// Where the focus goes, and what becomes of what was typed: what people notice who use no mouse.
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../tools/browser.ts'
import { type GeneratorLab, startGeneratorLab } from '../../tools/generator-lab.ts'
import { serveApp, type ServedApp } from '../../tools/served-app.ts'

let browser: Browser
let lab: GeneratorLab
beforeAll(async () => {
  browser = await launchBrowser()
  lab = await startGeneratorLab({ sandbox: 'off' })
})
afterAll(async () => {
  await browser.close()
  await lab[Symbol.asyncDispose]()
})

describe.each(['react', 'vue'] as const)('in a %s app', (framework) => {
  let app: ServedApp
  let page: Page
  beforeAll(async () => {
    app = await serveApp(lab, { framework })
  })
  afterAll(async () => app[Symbol.asyncDispose]())
  beforeEach(async () => {
    const context = await browser.newContext({ locale: 'fr-FR' })
    page = await context.newPage()
  })
  afterEach(async () => page.context().close())

  test('the first key leads past the navigation', async () => {
    await open('/tables/countries')
    await page.keyboard.press('Tab')
    await focused('a.skip-link')
    await page.keyboard.press('Enter')
    await focused('main#main')
    await page.keyboard.press('Tab')
    await focused('main a.button-primary')
  })

  test('each page begins at its heading, and the window is called by it', async () => {
    await open('/')
    await expect.poll(() => page.title()).toBe('Maison Delorme · Maison Delorme')
    await page.getByRole('main').getByRole('link', { name: 'Pays' }).press('Enter')
    await focused('h1:text-is("Pays")')
    await expect.poll(() => page.title()).toBe('Pays · Maison Delorme')
    await page.getByRole('link', { name: 'Suisse' }).press('Enter')
    await focused('h1')
    await page.locator('h1', { hasText: 'Suisse' }).waitFor()
    await expect.poll(() => page.title()).toBe('Suisse · Maison Delorme')
    await page.goBack()
    await focused('h1:text-is("Pays")')
  })

  test('sorting and searching leave the focus where it is', async () => {
    await open('/tables/countries')
    await page.getByRole('button', { name: 'Nom', exact: true }).press('Enter')
    await page.locator('th[aria-sort=ascending]').waitFor()
    await focused('th[aria-sort=ascending] button')
    await page.getByRole('searchbox').fill('sui')
    await page.getByText('1 ligne', { exact: true }).waitFor()
    await focused('input[type=search]')
  })

  test('a question begins with the answer that changes nothing, and gives the focus back', async () => {
    await open('/tables/countries')
    await page.getByRole('link', { name: 'Suisse' }).click()
    await page.locator('h1', { hasText: 'Suisse' }).waitFor()
    await page.getByRole('button', { name: 'Supprimer' }).press('Enter')
    await focused('dialog button:text-is("Annuler")')
    await page.keyboard.press('Enter')
    await focused('button.button-danger')
    await page.locator('h1', { hasText: 'Suisse' }).waitFor()
  })

  test('half a date is told, and not taken for none', async () => {
    await open('/tables/customers/new')
    let writes = 0
    page.on('request', (request) => (writes += request.method() === 'POST' ? 1 : 0))
    await input('Nom').fill('Ines')
    await input('E-mail').fill('ines@example.org')
    const since = input('Client depuis')
    await since.focus()
    await page.keyboard.type('12')
    await page.getByRole('button', { name: 'Enregistrer', exact: true }).press('Enter')
    await page.getByText('Saisissez une date complète.').waitFor()
    await focused('input[type=date][aria-invalid=true]')
    expect(writes).toBe(0)
    await since.fill('2026-11-25')
    await page.getByRole('button', { name: 'Enregistrer', exact: true }).press('Enter')
    await page.getByText('25 nov. 2026').waitFor()
  })

  test('one row after the other is added without leaving the keyboard', async () => {
    await open('/tables/categories/new')
    await input('Nom').focus()
    for (const name of ['Un', 'Deux']) {
      await page.keyboard.type(name)
      await page.getByRole('button', { name: 'Enregistrer et continuer' }).press('Enter')
      await page.getByText(`« ${name} » a été ajouté.`).waitFor()
      await focused('main input')
      await expect.poll(() => input('Nom').inputValue()).toBe('')
    }
    await page.getByRole('main').getByRole('link', { name: 'Catégories' }).click()
    await page.getByRole('link', { name: 'Deux' }).waitFor()
  })

  async function open(path: string): Promise<void> {
    await page.goto(`${app.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
  }

  function input(label: string) {
    return page.getByRole('main').getByLabel(label)
  }

  /** Waits until the first element of the selector has the focus. */
  async function focused(selector: string): Promise<void> {
    const element = page.locator(selector).first()
    await expect
      .poll(() => element.evaluate((node) => node === node.ownerDocument.activeElement), {
        message: selector,
      })
      .toBe(true)
  }
})

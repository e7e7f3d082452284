// How people find their way among three hundred tables, in Chromium.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../tools/browser.ts'
import { type GeneratorLab, startGeneratorLab } from '../../tools/generator-lab.ts'
import { manyTables } from '../../tools/many-tables.ts'
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
  beforeAll(async () => {
    const schema = JSON.parse(manyTables(300, { framework })) as Record<string, unknown>
    app = await serveApp(lab, { framework, schema })
  })
  afterAll(async () => app[Symbol.asyncDispose]())

  test('the navigation is scrolled to the table that is open, and the page is not', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(`${app.url}/tables/items_250`)
    await seen(page, 'Items 250')
    expect(await page.evaluate('scrollY')).toBe(0)
    await page.getByRole('navigation', { name: 'Tables' }).getByText('Items 252').click()
    await seen(page, 'Items 252')
    await page.goto(app.url)
    await page.getByRole('main').getByRole('link', { name: 'Items 300' }).click()
    await seen(page, 'Items 300')
    await page.goBack()
    await page.goBack()
    await seen(page, 'Items 252')
    await page.close()
  })

  test('so is the menu of a phone when it is opened', async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    await page.goto(`${app.url}/tables/items_250`)
    await page.getByRole('heading', { level: 1, name: 'Items 250' }).waitFor()
    await page.getByRole('button', { name: 'Menu' }).click()
    await seen(page, 'Items 250')
    await page.close()
  })
})

/** Waits until the link of that table is the current one, and inside of the window. */
async function seen(page: Page, label: string): Promise<void> {
  const current = page.locator('.nav-link[aria-current=page]')
  const isSeen = async (): Promise<boolean> => {
    const box = await current.boundingBox()
    const height = page.viewportSize()?.height ?? 0
    return box !== null && box.y >= 0 && box.y + box.height <= height
  }
  await expect.poll(async () => (await current.textContent())?.includes(label)).toBe(true)
  await expect.poll(isSeen, { message: label }).toBe(true)
}

// What people do with their rows, in Chromium, in front of Django REST Framework.
import type { Browser, Locator, Page } from 'playwright-core'
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
  let faults: string[]
  beforeAll(async () => {
    app = await serveApp(lab, { framework })
  })
  afterAll(async () => app[Symbol.asyncDispose]())
  beforeEach(async () => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'fr-FR',
      timezoneId: 'Asia/Kolkata',
    })
    page = await context.newPage()
    faults = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      // The browser says so of every answer that is refused.
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) {
        faults.push(message.text())
      }
    })
  })
  afterEach(async () => {
    await page.context().close()
    expect(faults).toEqual([])
  })

  test('somebody adds a row, sees it, changes it and deletes it', async () => {
    await open('/')
    await page.getByRole('main').getByRole('link', { name: 'Catégories' }).click()
    await heading('Catégories').waitFor()
    await page.getByRole('link', { name: 'Ajouter' }).click()
    await field('Nom').fill('Jouets')
    await save()
    await heading('Jouets').waitFor()
    await page.getByRole('status').getByText('Jouets').waitFor()
    await expect.poll(() => page.title()).toBe('Jouets · Maison Delorme')

    await page.getByRole('link', { name: 'Modifier' }).click()
    await field('Nom').fill('Jouets en bois')
    await save()
    await heading('Jouets en bois').waitFor()

    await page.getByRole('navigation').getByRole('link', { name: 'Catégories' }).first().click()
    await row('Jouets en bois').click()
    await page.getByRole('button', { name: 'Supprimer' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Supprimer' }).click()
    await heading('Catégories').waitFor()
    await page.getByText('5 lignes').waitFor()
    expect(await row('Jouets en bois').count()).toBe(0)
  })

  test('what the API refuses is said at its field, and the field gets the focus', async () => {
    await open('/tables/customers/new')
    await field('Nom').fill('Amina Benali')
    await field('E-mail').fill('amina.benali@example.org')
    await save()
    const email = field('E-mail')
    await page.locator('.field.has-error').waitFor()
    expect(await email.getAttribute('aria-invalid')).toBe('true')
    await expect.poll(() => isFocused(email)).toBe(true)
    const described = await email.getAttribute('aria-describedby')
    const said = page.locator(`[id="${described?.split(' ').at(-1) ?? ''}"]`)
    expect(await said.textContent()).not.toBe('')

    await email.fill('amina.b@example.org')
    await expect.poll(() => email.getAttribute('aria-invalid')).not.toBe('true')
    await save()
    await heading('Amina Benali').waitFor()
  })

  test('what is missing is told without asking the API, at each of the fields', async () => {
    await open('/tables/customers/new')
    let writes = 0
    page.on('request', (request) => (writes += request.method() === 'POST' ? 1 : 0))
    await save()
    await expect.poll(() => page.locator('.field.has-error').count()).toBe(2)
    await expect.poll(() => isFocused(field('Nom'))).toBe(true)
    expect(writes).toBe(0)
  })

  test('a list is searched, sorted and paged, and its address says how', async () => {
    await open('/tables/customers')
    const count = page.locator('.count', { hasText: /\d/ })
    const all = Number.parseInt((await count.textContent()) ?? '', 10)
    await page.getByRole('searchbox').fill('lefèvre')
    await page.getByText('8 lignes').waitFor()
    expect(new URL(page.url()).searchParams.get('search')).toBe('lefèvre')

    await page.getByRole('button', { name: 'Nom', exact: true }).click()
    await page.locator('th[aria-sort=ascending]').waitFor()
    await expect.poll(() => titles()).toHaveLength(8)
    await expect.poll(async () => (await titles())[0]).toBe('Amina Lefèvre')
    await page.getByRole('button', { name: 'Nom', exact: true }).click()
    await expect.poll(async () => (await titles())[0]).toBe('Youssef Lefèvre')

    await page.reload()
    await expect.poll(async () => (await titles())[0]).toBe('Youssef Lefèvre')
    expect(await page.getByRole('searchbox').inputValue()).toBe('lefèvre')

    await page.getByRole('button', { name: 'Effacer' }).click()
    await page.getByText(`1–25 sur ${all}`).waitFor()
    // What is shown is told, and not what is on its way.
    const isSeen = Promise.withResolvers<void>()
    await page.route('**/tables/customers/?page=2&*', async (route) => {
      await isSeen.promise
      await route.continue()
    })
    await page.getByRole('link', { name: 'Suivant' }).click()
    await page.waitForURL(/page=2/)
    expect(await page.getByText(`1–25 sur ${all}`).isVisible()).toBe(true)
    isSeen.resolve()
    await page.getByText(`26–50 sur ${all}`).waitFor()
    await page.getByRole('link', { name: 'Suivant' }).click()
    await page.getByText(`51–${all} sur ${all}`).waitFor()
    await page.goBack()
    await page.getByText(`26–50 sur ${all}`).waitFor()
    // A row and back again: the list is as it was.
    await page.locator('.row-link').first().click()
    await page.getByRole('main').getByRole('link', { name: 'Clients' }).click()
    await page.getByText(`26–50 sur ${all}`).waitFor()
  })

  test('related rows are shown by their names and picked with the keyboard alone', async () => {
    await open('/tables/customers/new')
    await field('Nom').fill('Nour Haddad')
    await field('E-mail').fill('nour@example.org')
    const country = page.getByRole('combobox', { name: 'Pays' })
    await country.focus()
    await page.keyboard.type('sui')
    await expect.poll(() => page.locator('[role=option]').count()).toBe(1)
    await page.getByRole('option', { name: 'Suisse' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.chip', { hasText: 'Suisse' }).waitFor()

    const interests = page.getByRole('combobox', { name: 'Intérêts' })
    await interests.focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option').nth(4).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const chips = page.locator('.picker', { has: interests }).locator('.chip')
    await expect.poll(() => chips.count()).toBe(2)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Backspace')
    await expect.poll(() => chips.count()).toBe(1)
    const kept = (await chips.textContent())?.trim() ?? ''

    await save()
    await heading('Nour Haddad').waitFor()
    await page.getByRole('main').getByRole('link', { name: kept }).waitFor()
    await page.getByRole('main').getByRole('link', { name: 'Suisse' }).click()
    await heading('Suisse').waitFor()
  })

  test('a time is kept as people mean it, in their zone', async () => {
    await open('/tables/orders/new')
    await field('Référence').fill(`K-${framework}`)
    const customer = page.getByRole('combobox', { name: 'Client' })
    await customer.click()
    await page.getByRole('option').first().click()
    await field('Passée le').fill('2026-11-26T03:10')
    await field('Total (€)').fill('1 234,50')
    await save()
    await heading(`K-${framework}`).waitFor()
    await page.getByText('26 nov. 2026, 03:10').waitFor()
    await page.getByText('1 234,50').waitFor()
    const { body } = await app.platform.ask('GET', rowsAt('orders', `?search=K-${framework}`))
    expect(JSON.stringify(body)).toContain('2026-11-25T21:40:00Z')
    expect(JSON.stringify(body)).toContain('"total":"1234.50"')
  })

  test('numbers are typed and shown with a comma, and sent with a point', async () => {
    await open('/tables/products/new')
    await field('Nom').fill(`Vis ${framework}`)
    const price = field('Prix (€)')
    expect(await price.getAttribute('inputmode')).toBe('decimal')
    await price.focus()
    // In the middle of a word, the cursor stays where it is.
    await page.keyboard.type('15,5')
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Backspace', '2']) await page.keyboard.press(key)
    expect(await price.inputValue()).toBe('12,5')
    await field('Poids (kg)').fill('1,200')
    const created = page.waitForRequest((request) => request.method() === 'POST')
    await save()
    expect((await created).postDataJSON()).toMatchObject({ price: '12.5', weight: 1.2 })
    await heading(`Vis ${framework}`).waitFor()
    await page.getByText('12,50', { exact: true }).waitFor()

    await page.getByRole('link', { name: 'Modifier' }).click()
    await expect.poll(() => price.inputValue()).toBe('12,50')
    expect(await field('Poids (kg)').inputValue()).toBe('1,2')
    // A point is what the keys of numbers have on many keyboards.
    await price.fill('12.75')
    const changed = page.waitForRequest((request) => request.method() === 'PATCH')
    await save()
    expect((await changed).postDataJSON()).toEqual({ price: '12.75' })
    await page.getByText('12,75', { exact: true }).waitFor()
  })

  test('a picture is sent with the form and shown on its page', async () => {
    await open('/tables/products/new')
    await field('Nom').fill('Lampe')
    await field('Prix (€)').fill('12')
    await field('Caractéristiques').fill('{"volts": 230')
    const buffer = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    const picture = { name: 'lampe.svg', mimeType: 'image/svg+xml', buffer }
    await page.locator('input[type=file]').setInputFiles(picture)
    await page.locator('img.upload-preview').waitFor()
    await save()
    await page.locator('.field.has-error', { hasText: 'Caractéristiques' }).waitFor()
    await field('Caractéristiques').fill('{"volts": 230}')
    await save()
    await heading('Lampe').waitFor()
    const width = `document.querySelector('dd img')?.naturalWidth`
    await expect.poll(() => page.evaluate(width)).toBe(9)
    await page.getByText('"volts": 230').waitFor()
  })

  test('what was changed is not lost by a click or by the back button', async () => {
    await open('/tables/countries')
    await row('Belgique').click()
    await page.getByRole('link', { name: 'Modifier' }).click()
    await field('Code ISO').fill('BX')
    const dialog = page.locator('dialog')

    await page.getByRole('navigation').getByRole('link', { name: 'Clients' }).first().click()
    await dialog.getByRole('button', { name: 'Rester ici' }).click()
    expect(await field('Code ISO').inputValue()).toBe('BX')

    await page.goBack()
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await field('Code ISO').inputValue()).toBe('BX')
    await page.waitForURL(/\/edit$/)

    await page.goBack()
    await dialog.getByRole('button', { name: 'Quitter' }).click()
    await heading('Belgique').waitFor()
    await page.getByText('BE', { exact: true }).waitFor()
    expect(page.url()).not.toMatch(/\/edit$/)
  })

  test('only what was changed is sent', async () => {
    await open('/tables/customers')
    await row('Louis Benali').click()
    await page.getByRole('link', { name: 'Modifier' }).click()
    await field('Notes').fill('Rappeler.')
    const sent = page.waitForRequest((request) => request.method() === 'PATCH')
    await save()
    expect((await sent).postDataJSON()).toEqual({ notes: 'Rappeler.' })
    await heading('Louis Benali').waitFor()
  })

  function rowsAt(table: string, rest: string): string {
    return `/projects/${app.projectId}/tables/${table}/${rest}`
  }

  async function open(path: string): Promise<void> {
    await page.goto(`${app.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
  }

  function heading(name: string): Locator {
    return page.getByRole('heading', { level: 1, name, exact: true })
  }

  function field(label: string): Locator {
    return page.getByRole('main').getByLabel(label)
  }

  function row(name: string): Locator {
    return page.locator('.row-link', { hasText: name })
  }

  async function save(): Promise<void> {
    await page.getByRole('button', { name: 'Enregistrer', exact: true }).click()
  }

  async function titles(): Promise<string[]> {
    const texts = await page.locator('.row-link').allTextContents()
    return texts.map((text) => text.trim())
  }
})

async function isFocused(element: Locator): Promise<boolean> {
  return element.evaluate((node) => node === node.ownerDocument.activeElement)
}

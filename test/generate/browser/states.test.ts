// What an app shows when there is nothing to show, and that everybody can use it.
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../tools/browser.ts'
import { type GeneratorLab, startGeneratorLab } from '../../tools/generator-lab.ts'
import { hostileLabels } from '../../tools/schema-arbitrary.ts'
import { serveApp, type ServedApp, subdirectory } from '../../tools/served-app.ts'

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

describe.each(['react', 'vue'] as const)('a %s app', (framework) => {
  let app: ServedApp
  beforeAll(async () => {
    app = await serveApp(lab, { framework })
  })
  afterAll(async () => app[Symbol.asyncDispose]())

  test.each([
    [401, 'Connectez-vous'],
    [403, 'Accès refusé'],
    [404, 'Cette ligne n’existe plus'],
    [500, 'Une erreur est survenue'],
    [503, 'Pas de connexion'],
  ])('says what the status %i means, and can be told to try again', async (status, title) => {
    await using opened = await open('/tables/countries/rows/1', {}, async (page) => {
      let answers = 0
      await page.route('**/api/**', async (route) => {
        answers += 1
        if (answers > 1) await route.continue()
        else await route.fulfill({ status, json: { detail: 'x' } })
      })
    })
    const { page } = opened
    await page.getByRole('heading', { name: title }).waitFor()
    await page.getByRole('button', { name: 'Réessayer' }).click()
    await page.getByRole('heading', { level: 1, name: 'France' }).waitFor()
  })

  test('says so where the backend does not have a table yet', async () => {
    await using opened = await open('/tables/countries', {}, async (page) => {
      let answers = 0
      await page.route('**/tables/countries/**', async (route) => {
        answers += 1
        if (answers > 1) await route.continue()
        else await route.fulfill({ status: 404, json: { detail: 'Not found.' } })
      })
    })
    const { page } = opened
    await page.getByRole('heading', { name: 'Cette table n’est pas encore là' }).waitFor()
    await page.getByRole('button', { name: 'Réessayer' }).click()
    await page.locator('.row-link').first().waitFor()
  })

  test('comes back by itself when the connection does', async () => {
    await using opened = await open('/')
    const { page } = opened
    await page.getByRole('main').getByRole('link', { name: 'Pays' }).waitFor()
    // The code of the page is there already, only the rows are missing.
    await page.getByRole('main').getByRole('link', { name: 'Pays' }).click()
    await page.locator('.row-link').first().waitFor()
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Nom', exact: true }).click()
    await page.getByRole('heading', { name: 'Pas de connexion' }).waitFor()
    await page.context().setOffline(false)
    await page.locator('.row-link').first().waitFor()
  })

  test('keeps people out of what is private until they have signed in', async () => {
    await app.platform.saveProject(app.projectId, { is_private: true })
    await using opened = await open('/tables/countries')
    const { page } = opened
    await page.getByRole('heading', { name: 'Accès refusé' }).waitFor()
    await page.goto(`${app.url}/api/auth/login/`)
    await page.locator('input[name=username]').fill('admin')
    await page.locator('input[name=password]').fill('admin')
    await page.locator('input[type=submit]').click()
    await page.getByRole('heading', { level: 1, name: 'Maison Delorme' }).waitFor()
    await page.goto(`${app.url}/tables/countries/new`)
    await page.getByLabel('Nom').fill('Islande')
    await page.getByLabel('Code ISO').fill('IS')
    // By the cookie of the session, so that the token against forged requests is asked for.
    await page.getByRole('button', { name: 'Enregistrer', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Islande' }).waitFor()
    await app.platform.saveProject(app.projectId, { is_private: false })
  })

  test('says so where nothing is, and where nothing was found', async () => {
    await using opened = await open('/tables/customers?search=zzz')
    const { page } = opened
    await page.getByText('Aucune ligne ne correspond à « zzz ».').waitFor()
    await page.getByRole('button', { name: 'Effacer la recherche' }).click()
    await page.locator('.row-link').first().waitFor()
    await page.goto(`${app.url}/tables/customers?page=99`)
    await page.getByRole('button', { name: 'Première page' }).click()
    await page.locator('.row-link').first().waitFor()
    for (const path of ['/tables/nowhere', '/nowhere/at/all', '/tables/constructor']) {
      await page.goto(`${app.url}${path}`)
      await page.getByRole('heading', { level: 1, name: 'Cette page n’existe pas' }).waitFor()
    }
  })

  test('works in a sub-directory, deep links and reloads too', async () => {
    await using opened = await open(`${subdirectory}tables/countries`)
    const { page } = opened
    await page.getByRole('link', { name: 'Suisse' }).click()
    await page.getByRole('heading', { level: 1, name: 'Suisse' }).waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/apps\/shop\/tables\/countries\/rows\/\d+$/)
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Suisse' }).waitFor()
    await page.getByRole('link', { name: 'Maison Delorme' }).click()
    await page.getByRole('heading', { level: 1, name: 'Maison Delorme' }).waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/apps\/shop\/?$/)
  })

  test.each([
    ['a desk', { width: 1440, height: 900 }],
    ['a phone', { width: 390, height: 844 }],
  ])('moves nothing while it loads on %s', async (_place, viewport) => {
    for (const path of [
      '/',
      '/tables/customers',
      '/tables/customers/rows/40',
      '/tables/customers/rows/40/edit',
    ]) {
      const isDrawn = Promise.withResolvers<void>()
      await using opened = await open(path, { viewport }, async (page) => {
        await page.addInitScript(watchShifts)
        await page.route('**/api/**', async (route) => {
          await isDrawn.promise
          await route.continue()
        })
      })
      const { page } = opened
      await page.locator('.skeleton').first().waitFor()
      await drawTwice(page)
      isDrawn.resolve()
      await settled(page)
      await drawTwice(page)
      expect(await page.evaluate('globalThis.shifted'), path).toBeLessThan(0.02)
    }
  })

  describe.each([
    ['a desk', 'light', { width: 1440, height: 900 }],
    ['a phone', 'dark', { width: 390, height: 844 }],
  ] as const)('on %s in %s', (_place, colorScheme, viewport) => {
    test.each([
      ['/', '.table-card'],
      ['/tables/customers?ordering=-name', '.row-link'],
      ['/tables/customers/rows/40', '.detail .chip'],
      ['/tables/products/new', '.upload'],
    ])('%s is for everybody', async (path, sign) => {
      await using opened = await open(path, { colorScheme, viewport, reducedMotion: 'reduce' })
      const { page } = opened
      await page.locator(sign).first().waitFor()
      await settled(page)
      expect(await findFaults(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    })

    test('so are mistakes, questions, choices and the menu', async () => {
      await using opened = await open('/tables/orders/new', {
        colorScheme,
        viewport,
        reducedMotion: 'reduce',
      })
      const { page } = opened
      await page.getByRole('button', { name: 'Enregistrer', exact: true }).click()
      await page.locator('.field-error').first().waitFor()
      expect(await findFaults(page)).toEqual([])
      await page.getByRole('combobox', { name: 'Produits' }).click()
      await page.getByRole('option').first().waitFor()
      expect(await findFaults(page)).toEqual([])
      await page.goto(`${app.url}/tables/countries/rows/1`)
      await page.getByRole('button', { name: 'Supprimer' }).click()
      await page.locator('dialog').waitFor()
      expect(await findFaults(page)).toEqual([])
      await page.keyboard.press('Escape')
      const menu = page.getByRole('button', { name: 'Menu' })
      if (await menu.isVisible()) {
        await menu.click()
        await page.getByRole('navigation').getByRole('link', { name: 'Clients' }).waitFor()
        expect(await findFaults(page)).toEqual([])
      }
    })
  })

  test('brings people to the first mistake, a choice among it', async () => {
    const size = {
      name: 'size',
      type: 'choice',
      label: 'Size',
      choices: ['S', 'M'],
      required: true,
    }
    const schema = { locale: 'en', tables: { shirts: { fields: [size] } } }
    await using shop = await serveApp(lab, { framework, schema })
    await using opened = await openAt(`${shop.url}/tables/shirts/new`, {})
    const { page } = opened
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const first = page.getByRole('radio', { name: 'S' })
    await expect.poll(() => first.evaluate(isFocused)).toBe(true)
    await page.keyboard.press('ArrowDown')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.locator('dd', { hasText: 'M' }).waitFor()
  })

  test('runs nothing of what its schema says, and shows all of it', async () => {
    await using hostile = await serveApp(lab, { framework, schema: hostileSchema() })
    await using opened = await openAt(`${hostile.url}/`, { locale: 'en' })
    const { page, faults } = opened
    const names = page.locator('.table-name')
    await expect.poll(() => names.allTextContents()).toEqual(hostileLabels)
    for (const path of ['/tables/t0', '/tables/t0/new', '/tables/t1/new']) {
      await page.goto(`${hostile.url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    await page.locator('.form .input').first().fill('a')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('link', { name: 'Edit' }).waitFor()
    expect(await page.evaluate('globalThis.pwned')).toBeUndefined()
    expect(faults).toEqual([])
  })

  async function open(
    path: string,
    options: BrowserContextOptions = {},
    prepare?: (page: Page) => Promise<void>,
  ) {
    return openAt(`${app.url}${path}`, { locale: 'fr-FR', ...options }, prepare)
  }
})

async function openAt(
  url: string,
  options: BrowserContextOptions,
  prepare?: (page: Page) => Promise<void>,
) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  await prepare?.(page)
  await page.goto(url)
  const dispose = async (): Promise<void> => {
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
  }
  return { page, faults, [Symbol.asyncDispose]: dispose }
}

function isFocused(node: { readonly ownerDocument: { readonly activeElement: unknown } }): boolean {
  return node === node.ownerDocument.activeElement
}

async function settled(page: Page): Promise<void> {
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
}

async function drawTwice(page: Page): Promise<void> {
  const frame = 'new Promise((drawn) => requestAnimationFrame(drawn))'
  for (const script of [frame, frame]) await page.evaluate(script)
}

/** What axe finds to be serious. */
async function findFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
}

/** Run in the page. */
const watchShifts = `
  globalThis.shifted = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.shifted += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
`

/** A table a label, and in the first of them a field a label. */
function hostileSchema(): Readonly<Record<string, unknown>> {
  const fields = hostileLabels.map((label, index) => ({
    name: `f${index}`,
    type: index % 3 === 2 ? 'choice' : 'string',
    label,
    help_text: label,
    ...(index % 3 === 2 ? { choices: [[label, label]], default: label } : {}),
  }))
  const tables = hostileLabels.map((label, index) => [
    `t${index}`,
    { display_name: label, fields: index === 0 ? fields : fields.slice(0, 2) },
  ])
  return { locale: 'en', tables: Object.fromEntries(tables) as unknown }
}

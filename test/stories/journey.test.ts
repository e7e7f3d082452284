/**
 * The way of an app from a platform to its visitors: a Project is saved in Django, its app is live,
 * people work with it in Chromium through nginx's `/api/`, and it follows its schema.
 */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AppVisitor, startVisitor, type VisitorOptions } from '../tools/app-visitor.ts'
import { launchBrowser } from '../tools/browser.ts'
import {
  type Platform,
  type PlatformProject,
  preparePlatform,
  readExampleSchema,
} from '../tools/platform.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

let platform: Platform
let server: SlipwayServer
let browser: Browser
beforeAll(async () => {
  platform = await preparePlatform()
  server = await startSlipwayServer({ settings: { BACKEND_URL: platform.url } })
  await platform.start({ url: server.url, token: await server.adminToken() })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

describe.each(['react', 'vue'] as const)('an app made with %s', (framework) => {
  const slug = `comptoir-${framework}`
  let project: PlatformProject
  let visitor: AppVisitor | null = null
  afterEach(async () => {
    await visitor?.[Symbol.asyncDispose]()
    visitor = null
  })

  /** At the app's own host, or below the domain. */
  async function visit(
    how: Pick<VisitorOptions, 'size' | 'colours'>,
    place: 'host' | 'subdirectory' = 'host',
  ): Promise<AppVisitor> {
    const baseUrl =
      place === 'host'
        ? `http://${slug}.localhost:${server.httpPort}`
        : `http://localhost:${server.httpPort}/apps/${slug}`
    visitor = await startVisitor(browser, { ...how, baseUrl })
    return visitor
  }

  test('a Project that is saved in Django is live a moment later, under its own id', async () => {
    project = await platform.createProject({ name: 'Comptoir', schema_name: slug, framework })
    expect(project).toMatchObject({ deployment_status: 'deploying', deployment_error: '' })
    const status = await server.untilStatus(slug, 'deployed')
    expect(status).toMatchObject({
      project_id: project.id,
      frontend_url: `http://${slug}.localhost:${server.httpPort}`,
    })
    const { body } = await platform.ask('GET', `/projects/${project.id}/deployment-status/`)
    expect(body).toMatchObject({ status: 'deployed' })
    const { body: saved } = await platform.ask('GET', `/projects/${project.id}/`)
    expect(saved).toMatchObject({
      deployment_status: 'deployed',
      frontend_url: status['frontend_url'],
    })
  })

  test('somebody adds a row, edits it, and sees it listed', async () => {
    const ada = await visit({ size: 'desktop' })
    await ada.open()
    await ada.heading('Comptoir').waitFor()
    await ada.expectAccessible()
    await ada.goTo('Pays')
    await ada.page.getByText('Rien pour le moment').waitFor()
    await ada.expectAccessible()

    await ada.link('Ajouter').first().click()
    await ada.input('Nom').fill('Islande')
    await ada.input('Code ISO').fill('IS')
    await ada.button('Enregistrer').click()
    await ada.heading('Islande').waitFor()

    await ada.goTo('Clients')
    await ada.link('Ajouter').first().click()
    await ada.input('Nom').fill('Björk & <b>Fils</b>')
    await ada.input('E-mail').fill('bjork@example.org')
    await ada.pick('Pays', 'isl', 'Islande')
    await ada.input('Statut').selectOption('Actif')
    await ada.input('Client depuis').fill('2025-11-20')
    await ada.expectAccessible()
    await ada.button('Enregistrer').click()
    await ada.heading('Björk & <b>Fils</b>').waitFor()
    await ada.expectAccessible()

    await ada.link('Modifier').click()
    await ada.input('Nom').fill('Björk et Filles')
    await ada.button('Enregistrer').click()
    await ada.heading('Björk et Filles').waitFor()
    await ada.goTo('Clients')
    const row = ada.row('Björk et Filles')
    for (const text of ['bjork@example.org', 'Islande', 'Actif', '20 nov. 2025']) {
      await row.filter({ hasText: text }).waitFor()
    }
    expect(ada.complaints).toEqual([])
  })

  test("what Django refuses is told at its field, in Django's words", async () => {
    const ada = await visit({ size: 'desktop', colours: 'dark' })
    await ada.open('tables/customers/new')
    await ada.button('Enregistrer').click()
    expect(await ada.errorOf('Nom')).toBe('Ce champ est obligatoire.')
    await ada.input('Nom').fill('Sosie')
    await ada.input('E-mail').fill('bjork@example.org')
    await ada.button('Enregistrer').click()
    await ada.page.getByText('unique').waitFor()
    expect(await ada.errorOf('E-mail')).toMatch(/unique/)
    const focused = ada.page.locator('*:focus')
    const email = await ada.input('E-mail').getAttribute('id')
    await expect.poll(() => focused.getAttribute('id')).toBe(email)
    await ada.expectAccessible()
    await ada.input('E-mail').fill('sosie@example.org')
    await ada.button('Enregistrer').click()
    await ada.heading('Sosie').waitFor()

    await ada.button('Supprimer').click()
    await ada.dialog.waitFor()
    await ada.expectAccessible()
    await ada.dialog.getByRole('button', { name: 'Supprimer' }).click()
    await ada.heading('Clients').waitFor()
    await ada.row('Björk et Filles').waitFor()
    expect(await ada.row('Sosie').count()).toBe(0)
    expect(ada.complaints).toEqual([])
  })

  test('many rows are searched, sorted and paged, and the address keeps that', async () => {
    await platform.seed(slug)
    const ada = await visit({ size: 'desktop' })
    await ada.open('tables/customers')
    await ada.page.getByText('65 lignes').waitFor()
    await ada.button('Nom').click()
    await ada.page.getByRole('row').nth(1).filter({ hasText: 'Amina Benali' }).waitFor()
    await ada.link('Suivant').click()
    await ada.row('Gaspard Benali').waitFor()
    await ada.reload()
    await ada.row('Gaspard Benali').waitFor()
    expect(await ada.row('Amina Benali').count()).toBe(0)
    await ada.page.getByRole('searchbox').fill('benali')
    await ada.page.getByText('8 lignes').waitFor()
    await ada.row('Youssef Benali').getByRole('link', { name: 'Youssef Benali' }).click()
    await ada.heading('Youssef Benali').waitFor()
    await ada.page.goBack()
    await ada.page.getByText('8 lignes').waitFor()
    expect(ada.complaints).toEqual([])
  })

  test('below the domain it is the same app on a phone, deep links and reloads included', async () => {
    const bea = await visit({ size: 'phone' }, 'subdirectory')
    await bea.open()
    await bea.heading('Comptoir').waitFor()
    await bea.expectAccessible()
    await bea.goTo('Commandes')
    await bea.expectAccessible()
    await bea.link('C-2025-0007').click()
    await bea.heading('C-2025-0007').waitFor()
    expect(new URL(bea.page.url()).pathname).toMatch(
      new RegExp(`^/apps/${slug}/tables/orders/rows/\\d+$`),
    )
    await bea.reload()
    await bea.heading('C-2025-0007').waitFor()
    await bea.expectAccessible()

    await bea.goTo('Commandes')
    await bea.link('Ajouter').first().click()
    await bea.input('Référence').fill('C-2025-0099')
    await bea.pick('Client', 'björk', 'Björk et Filles')
    await bea.pick('Produits', 'bol', 'Bol en grès')
    await bea.pick('Produits', 'nappe', 'Nappe ronde')
    await bea.input('Passée le').fill('2025-11-24T09:30')
    await bea.input('Total \\(€\\)').fill('67,90')
    await bea.page.getByRole('switch', { name: 'Payée' }).setChecked(true, { force: true })
    await bea.page.locator('input[type=file]').setInputFiles({
      name: 'facture.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('67,90 €'),
    })
    await bea.expectAccessible()
    await bea.button('Enregistrer').click()
    await bea.heading('C-2025-0099').waitFor()
    for (const text of ['Björk et Filles', 'Bol en grès', 'Nappe ronde', '67,90', 'Oui']) {
      await bea.page.getByRole('main').filter({ hasText: text }).waitFor()
    }
    // Half past nine in Paris.
    const { body } = await platform.ask('GET', `/projects/${project.id}/tables/orders/?search=0099`)
    expect(body).toMatchObject({ count: 1, results: [{ total: '67.90', paid: true }] })
    expect(JSON.stringify(body)).toContain('2025-11-24T08:30:00Z')
    expect(bea.complaints).toEqual([])
  })

  test('a field that is added to the schema is in the app, and the rows are as they were', async () => {
    await using early = await visit({ size: 'desktop' })
    await early.open()
    const schema = await readExampleSchema()
    addField(schema, 'customers', { name: 'phone', type: 'string', label: 'Téléphone' })
    const saved = await platform.saveProject(project.id, { schema })
    expect(saved).toMatchObject({ deployment_status: 'deploying', deployment_error: '' })
    await server.untilStatus(slug, 'deployed')
    // Who came before goes on with what was live then, pages included that were not seen yet.
    await early.goTo('Commandes')
    await early.row('C-2025-0007').waitFor()
    expect(early.complaints).toEqual([])
    for (const [size, place] of [
      ['phone', 'host'],
      ['desktop', 'subdirectory'],
    ] as const) {
      const ada = await visit({ size, colours: 'dark' }, place)
      await ada.open('tables/customers?search=filles')
      await ada.link('Björk et Filles').click()
      await ada.link('Modifier').click()
      await ada.input('Téléphone').fill(`00354 555 ${size}`)
      await ada.button('Enregistrer').click()
      await ada.page.getByText(`00354 555 ${size}`).waitFor()
      await ada.expectAccessible()
      expect(ada.complaints).toEqual([])
      await ada[Symbol.asyncDispose]()
    }
  })

  test('saving the Project without a change of its schema deploys nothing', async () => {
    const before = await server.rest('GET', `/projects/${slug}/deployment-status`)
    await platform.saveProject(project.id, { is_private: true })
    const after = await server.rest('GET', `/projects/${slug}/deployment-status`)
    expect(after.body['deployment']).toEqual(before.body['deployment'])
  })

  test('a private app says who may see it, and works for who has signed in', async () => {
    const ada = await visit({ size: 'desktop' })
    await ada.open('tables/countries')
    await ada.page.getByText('Accès refusé').waitFor()
    await ada.expectAccessible()
    // The login is the platform's own: its cookies go along, and its CSRF token with what writes.
    await ada.open('api/auth/login/?next=/tables/countries')
    await ada.page.locator('[name=username]').fill('admin')
    await ada.page.locator('[name=password]').fill('admin')
    await ada.page.locator('[type=submit]').click()
    await ada.heading('Pays').waitFor()
    await ada.link('Ajouter').first().click()
    await ada.input('Nom').fill('Italie')
    await ada.input('Code ISO').fill('IT')
    await ada.button('Enregistrer').click()
    await ada.heading('Italie').waitFor()
    expect(ada.complaints.filter((text) => !text.includes('/api/static/'))).toEqual([])
  })
})

function addField(
  schema: Record<string, unknown>,
  table: string,
  field: Readonly<Record<string, unknown>>,
): void {
  const tables = schema['tables'] as Record<string, { fields: unknown[] }>
  tables[table]?.fields.push(field)
}

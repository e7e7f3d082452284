/** An app from a schema, in a browser: at its host and in its sub-directory, by one set of files. */
import { createServer, type Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../tools/browser.ts'
import { findFreePort } from '../tools/site-lab.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../tools/slipway-server.ts'

let server: SlipwayServer
let platform: Server
let browser: Browser
const asked: string[] = []

beforeAll(async () => {
  const port = await findFreePort()
  platform = createServer((request, response) => {
    asked.push(`${request.headers.host ?? ''} ${request.url ?? ''}`)
    const isList = new URL(request.url ?? '', 'http://x').pathname.endsWith('/apps/')
    const row = { id: 7, name: 'Heron' }
    const body = isList ? { count: 1, next: null, previous: null, results: [row] } : row
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((listening) => platform.listen(port, '127.0.0.1', listening))
  server = await startSlipwayServer({ settings: { BACKEND_URL: `http://127.0.0.1:${port}` } })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
  platform.closeAllConnections()
  await new Promise((stopped) => platform.close(stopped))
})

/** Its one table has a name that the sub-directory has, too. */
function schemaOf(framework: string): string {
  const fields = [{ name: 'name', type: 'string', label: 'Name' }]
  const tables = { apps: { display_name: 'Boats', fields } }
  return JSON.stringify({ project: { name: 'Harbour' }, framework, tables })
}

describe.each(['react', 'vue'])('an app of %s', (framework) => {
  const slug = `two-${framework}`
  let copy: WorkingCopy
  beforeAll(async () => {
    copy = await server.createWorkingCopy(slug)
    await copy.replaceAll({ 'schema.json': schemaOf(framework) })
  })

  test('goes live at both addresses by one push', async () => {
    const pushed = await copy.push()
    expect(pushed.stderr).toContain(`${slug}.localhost, localhost/apps/${slug}/`)
    expect(pushed.exitCode).toBe(0)
  })

  test.each([
    [`${slug}.localhost`, '/'],
    ['localhost', `/apps/${slug}/`],
  ])('opens at %s%s, leads on, and opens there again after a reload', async (host, base) => {
    const { page, complaints, answers } = await watchPage()
    const origin = `http://${host}:${server.httpPort}`
    asked.length = 0
    await page.goto(`${origin}${base}`)
    await page.getByRole('main').getByRole('link', { name: 'Boats' }).click()
    await page.getByRole('link', { name: 'Heron' }).first().waitFor()
    const list = new URL(page.url()).pathname
    expect(list.startsWith(base)).toBe(true)
    await page.getByRole('link', { name: 'Heron' }).first().click()
    await page.getByRole('heading', { name: 'Heron' }).first().waitFor()
    const place = page.url()
    await page.reload()
    await page.getByRole('heading', { name: 'Heron' }).first().waitFor()
    expect(page.url()).toBe(place)
    expect(new Set(asked.map((line) => line.split(' ')[0]))).toEqual(new Set([host]))
    const assets = answers.filter(({ path }) => path.startsWith('/_s/'))
    expect(assets.length).toBeGreaterThan(2)
    for (const { path, status } of answers) expect([path, status]).toEqual([path, 200])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a pushed app takes its place, and its sub-directory leads there until it is back', async () => {
    await copy.replaceAll({ 'index.html': '<!doctype html><h1>By hand</h1>' })
    expect((await copy.push()).exitCode).toBe(0)
    const { page } = await watchPage()
    await page.goto(`http://localhost:${server.httpPort}/apps/${slug}/anything?a=1`)
    expect(page.url()).toBe(`http://${slug}.localhost:${server.httpPort}/anything?a=1`)
    expect((await copy.push('HEAD:refs/rollback/previous')).exitCode).toBe(0)
    await page.goto(`http://localhost:${server.httpPort}/apps/${slug}/`)
    await page.getByRole('main').getByRole('link', { name: 'Boats' }).waitFor()
    expect(new URL(page.url()).pathname).toBe(`/apps/${slug}/`)
    await page.close()
  })
})

async function watchPage(): Promise<{
  readonly page: Page
  readonly complaints: readonly string[]
  readonly answers: readonly { readonly path: string; readonly status: number }[]
}> {
  const page = await browser.newPage()
  const complaints: string[] = []
  const answers: { path: string; status: number }[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    answers.push({ path: new URL(response.url()).pathname, status: response.status() })
  })
  return { page, complaints, answers }
}

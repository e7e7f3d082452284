/** A pushed app in a sub-directory: who may have one, how it is built for it, and how it ends. */
import { cp } from 'node:fs/promises'
import { resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../tools/browser.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { scriptedApp, writeOutput } from '../tools/scripted-app.ts'
import { startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'
import { asNavigation, type Answer, visit } from '../tools/site-lab.ts'

const viteApp = resolve(import.meta.dirname, '../fixtures/vite-react')

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
beforeAll(async () => {
  copy = await server.createWorkingCopy('below')
})

const url = (path = ''): string => `http://localhost:${server.httpPort}/apps/below/${path}`

function see(path: string): Promise<Answer> {
  const headers = { ...asNavigation, host: `localhost:${server.httpPort}` }
  return visit(server.httpPort, { path, headers })
}

function setAddress(slug: string, address: string, token?: string) {
  const body = { settings: { address } }
  return server.rest('PATCH', `/projects/${slug}`, { body, ...(token !== undefined && { token }) })
}

test("only the operator puts a pushed app there, not the project's own people", async () => {
  const made = await server.rest('POST', '/projects/below/tokens', {
    body: { name: 'owner', scope: 'admin' },
  })
  const owner = String(made.body['secret'])
  const refused = await setAddress('below', 'subdirectory', owner)
  expect([refused.status, refused.body['code']]).toEqual([403, 'subdirectory_refused'])
  const odd = await setAddress('below', 'everywhere')
  expect(odd.body['errors']).toMatchObject([{ pointer: '/settings/address' }])
  const granted = await setAddress('below', 'subdirectory')
  expect(granted.body).toMatchObject({ settings: { address: 'subdirectory' } })
  expect((await setAddress('below', 'subdirectory', owner)).status).toBe(200)
})

test('a Vite app is built for its sub-directory, and live there', async () => {
  await copy.git('rm', '-q', 'index.html')
  await cp(viteApp, copy.dir, { recursive: true })
  await copy.git('add', '-A')
  await copy.commit({
    'src/main.jsx': `
      import { createRoot } from 'react-dom/client'
      import { App } from './App.jsx'
      const place = location.pathname.slice(import.meta.env.BASE_URL.length)
      createRoot(document.getElementById('root')).render(<><App /><p>at {place}</p></>)
    `,
  })
  const pushed = await copy.push()
  expect(pushed.stderr).toContain('npm run build -- --base=/apps/below/')
  expect(pushed.stderr).toMatch(/v2 live: http:\/\/localhost:\d+\/apps\/below\/ {2}\(/)
  expect(pushed.exitCode).toBe(0)
  const { body } = await server.rest('GET', '/projects/below/deployment-status')
  expect(body['frontend_url']).toBe(url())
})

test('a browser opens it at a deep link, again after a reload, and from its sub-domain', async () => {
  await using browser = await launchBrowser()
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  const answered: string[] = []
  page.on('response', (response) => {
    answered.push(`${response.status()} ${new URL(response.url()).pathname}`)
  })
  await page.goto(url('harbours/7'))
  await page.getByText('at harbours/7').waitFor()
  await page.getByRole('button', { name: 'Show the tides' }).click()
  await page.getByRole('cell', { name: '4.3 m' }).waitFor()
  await page.reload()
  await page.getByText('at harbours/7').waitFor()
  expect(answered.filter((line) => !/^(?:200|304) \/apps\/below\//.test(line))).toEqual([])
  answered.length = 0
  await page.goto(`http://below.localhost:${server.httpPort}/harbours/8?tide=low`)
  await page.getByText('at harbours/8').waitFor()
  expect(page.url()).toBe(url('harbours/8?tide=low'))
  expect(answered[0]).toBe('302 /harbours/8')
  expect(complaints).toEqual([])
})

test('builds find the path in their variables', async () => {
  await copy.replaceAll(
    scriptedApp(`
      import { mkdirSync, writeFileSync } from 'node:fs'
      const { BASE_URL, PUBLIC_URL, SLIPWAY_URL } = process.env
      mkdirSync('dist')
      writeFileSync('dist/index.html', [BASE_URL, PUBLIC_URL, SLIPWAY_URL].join(' '))
    `),
  )
  expect((await copy.push()).exitCode).toBe(0)
  expect((await see('/apps/below/')).body).toBe(`/apps/below/ /apps/below/ ${url()}`)
})

test('an app that ignores it is declined with what to do, and the one before stays', async () => {
  const before = await see('/apps/below/')
  const ignoring = '<script type="module" src="/assets/index.js"></script>'
  await copy.replaceAll(
    scriptedApp(writeOutput('index.html', ignoring) + writeOutput('assets/index.js', '')),
  )
  const pushed = await copy.push()
  expect(pushed.exitCode).not.toBe(0)
  expect(pushed.stderr).toContain(
    'the page names /assets/index.js, which is outside of /apps/below/: the app ignores its base path',
  )
  expect(pushed.stderr).toContain('the path in process.env.BASE_URL (/apps/below/)')
  expect((await see('/apps/below/')).body).toBe(before.body)
  await copy.replaceAll({ 'index.html': '<link rel="stylesheet" href="/style.css">' })
  const plain = await copy.push('--force', 'main')
  expect(plain.stderr).toContain('Name files relative to the page')
  expect((await see('/apps/below/')).body).toBe(before.body)
})

test('taken back, it is at its host again, and no rollback brings it back there', async () => {
  await setAddress('below', 'subdomain')
  await copy.replaceAll({ 'index.html': '<!doctype html>at home' })
  const pushed = await copy.push('--force', 'main')
  expect(pushed.stderr).toMatch(/live: http:\/\/below\.localhost:\d+ {2}\(/)
  expect((await server.visit('below')).body).toBe('<!doctype html>at home')
  const led = await see('/apps/below/harbours/7')
  expect(led.status).toBe(302)
  expect(led.headers.location).toBe(`//below.localhost:${server.httpPort}/harbours/7`)
  const back = await copy.push('HEAD:refs/rollback/v2')
  expect(back.exitCode).not.toBe(0)
  expect(back.stderr).toContain('Release v2 was made for a sub-directory')
  expect((await server.visit('below')).body).toBe('<!doctype html>at home')
})

test('a deleted project leaves nothing there', async () => {
  await setAddress('below', 'subdirectory')
  await copy.commit({ 'index.html': '<!doctype html>below again' })
  expect((await copy.push()).exitCode).toBe(0)
  expect((await see('/apps/below/')).body).toContain('below again')
  await server.rest('DELETE', '/projects/below')
  const gone = await see('/apps/below/')
  expect(gone.status).toBe(404)
  expect(gone.body).toContain('Nothing is here')
})

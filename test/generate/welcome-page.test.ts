// Looks at the welcome page with a real browser, under names that mean harm.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSlug } from '../../src/domain/names.ts'
import { createWelcomePages, renderSteps } from '../../src/generate/welcome-page.ts'
import { launchBrowser } from '../tools/browser.ts'
import { newProject } from '../tools/store.ts'

const links = {
  siteUrl: 'https://mon-app-12345.example.org',
  remoteUrl: 'https://deploy.example.org/mon-app-12345.git',
}
const phone = { viewport: { width: 390, height: 844 } }
const desk = { viewport: { width: 1280, height: 800 } }
const names = [
  ['plain', 'Mon App'],
  ['a script', '<script>window.harm = 1</script>'],
  ['a way out of every tag', `"'></title></h1></style></script><script>window.harm = 1</script>`],
  ['a handler', '<img src="https://evil.example/x" onerror="window.harm = 1">'],
  ['a template', '<%= process.exit() %> ${harm} {{harm}} &lt;b&gt; `harm`'],
  ['Arabic', 'متجر القهوة في الرياض'],
  ['an order turned round', 'safe\u202Egpj.exe'],
  ['emoji', '🚢👩‍👩‍👧‍👦🏴‍☠️'],
  ['200 letters without a space', 'W'.repeat(200)],
  ['200 characters of words', 'a long name of words '.repeat(10).slice(0, 200)],
] as const

describe('the welcome page', () => {
  let dir: string
  let browser: Browser
  let server: Server
  let origin: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-welcome-'))
    browser = await launchBrowser()
    server = await serve(dir)
    const address = server.address()
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(async () => {
    await browser.close()
    await new Promise((resolve) => server.close(resolve))
    await rm(dir, { recursive: true, force: true })
  })

  it.each(names)('shows a name that is %s as text, and runs nothing of it', async (_, name) => {
    await write(name)
    await look(phone, async ({ page, requests, complaints }) => {
      expect(await page.locator('h1').textContent()).toBe(name)
      expect(await page.title()).toBe(name)
      expect(await page.evaluate('window.harm')).toBeUndefined()
      expect(await page.locator('script').count()).toBe(1)
      expect(complaints).toEqual([])
      const own = [`${origin}/`, `${origin}/favicon.svg`]
      expect(requests).toContain(own[0])
      expect(requests.filter((url) => !own.includes(url))).toEqual([])
      for (const { viewport } of [phone, desk]) {
        await page.setViewportSize(viewport)
        const width = await page.evaluate('document.documentElement.scrollWidth')
        expect(width).toBe(viewport.width)
      }
    })
  })

  it.each([
    ['a phone, light', { ...phone, colorScheme: 'light' }, names[2]],
    ['a phone, dark', { ...phone, colorScheme: 'dark' }, names[5]],
    ['a desk, light', { ...desk, colorScheme: 'light' }, names[8]],
    ['a desk, dark', { ...desk, colorScheme: 'dark' }, names[0]],
  ] as const)('can be read and used by everybody on %s', async (_, options, [, name]) => {
    await write(name)
    await look({ ...options, reducedMotion: 'reduce' }, async ({ page }) => {
      // axe can't judge a gradient: take its end that is nearer to the text.
      await page.evaluate(
        `document.body.style.background = getComputedStyle(document.body).getPropertyValue('--sky-low')`,
      )
      const { violations, passes, incomplete } = await new AxeBuilder({ page }).analyze()
      expect(passes.map(({ id }) => id)).toContain('color-contrast')
      expect(incomplete.flatMap(({ nodes }) => nodes.map(({ html }) => html))).toEqual([])
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    })
  })

  it('would run and fetch nothing, even if a name got through as code', async () => {
    await write('Mon App')
    const file = join(dir, 'index.html')
    const html = await readFile(file, 'utf8')
    const harm = `<script>window.harm = 1</script><img src=x: onerror="window.harm = 2"><img src="http://127.0.0.1:9/">`
    await writeFile(file, html.replace('<h1', `${harm}<h1`))
    await look(desk, async ({ page, complaints }) => {
      expect(await page.evaluate('window.harm')).toBeUndefined()
      const blocked = complaints.filter((text) => text.includes('Content Security Policy'))
      expect(blocked.length).toBeGreaterThanOrEqual(3)
    })
  })

  it('takes the colours that the visitor prefers', async () => {
    await write('Mon App')
    const [light, dark] = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        let colour: unknown
        await look({ colorScheme }, async ({ page }) => {
          colour = await page.evaluate('getComputedStyle(document.body).color')
        })
        return colour
      }),
    )
    expect(light).not.toEqual(dark)
  })

  it('tells that the site is live, and the way to the first push', async () => {
    await write('Mon App')
    await look(desk, async ({ page }) => {
      const text = (await page.locator('main').innerText()).replaceAll('\n', ' ')
      expect(text).toContain('Live at mon-app-12345.example.org')
      expect(text).toContain('waiting for its first push')
      expect(text).toMatch(/any user name, and the project’s token as the password/)
      expect(await page.locator('code').allTextContents()).toEqual([
        'git init -b main && git add -A && git commit -m "First version"',
        'git remote add deploy https://deploy.example.org/mon-app-12345.git',
        'git push deploy main',
      ])
    })
  })

  it.each([
    ['with', ['clipboard-read', 'clipboard-write']],
    ['without', []],
  ])('copies a command %s the permission for the clipboard', async (_, permissions) => {
    await write('Mon App')
    await look({ permissions }, async ({ page }) => {
      if (permissions.length === 0) await page.evaluate('delete Navigator.prototype.clipboard')
      await page.getByRole('button', { name: 'Copy command 2' }).click()
      await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' })
      await page.evaluate(`{
        const field = document.createElement('textarea')
        document.body.append(field)
        field.focus()
      }`)
      await page.keyboard.press('Control+V')
      expect(await page.locator('textarea').inputValue()).toBe(
        'git remote add deploy https://deploy.example.org/mon-app-12345.git',
      )
    })
  })

  it('does not move while it is loaded', async () => {
    await write('Mon App')
    await look(phone, async ({ page }) => {
      const shifts = await page.evaluate(`new Promise((resolve) => {
        let sum = 0
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)))
      })`)
      expect(shifts).toBe(0)
    })
  })

  it('can be used without scripts: the buttons that would do nothing are not there', async () => {
    await write('Mon App')
    await look({ javaScriptEnabled: false }, async ({ page }) => {
      expect(await page.getByRole('button').count()).toBe(0)
      expect(await page.locator('code').first().isVisible()).toBe(true)
    })
  })

  it('shows the slug where a name has nothing to show', async () => {
    await write(' \u200B\t ')
    const html = await readFile(join(dir, 'index.html'), 'utf8')
    expect(html).toContain('<title>mon-app-12345</title>')
  })

  it('says commands that a shell takes as they are meant, whatever the branch is called', () => {
    const steps = renderSteps(newProject({ productionBranch: "x;rm$(id)'y" }), links)
    expect(steps.map(({ command }) => command)).toEqual([
      `git init -b 'x;rm$(id)'\\''y' && git add -A && git commit -m "First version"`,
      'git remote add deploy https://deploy.example.org/mon-app-12345.git',
      `git push deploy 'x;rm$(id)'\\''y'`,
    ])
  })

  it('is written into a folder that does not exist yet', async () => {
    const project = newProject()
    await createWelcomePages().writeWelcomePage(project, links, join(dir, 'new', 'folder'))
    expect(await readFile(join(dir, 'new', 'folder', 'index.html'), 'utf8')).toContain(project.name)
  })

  async function write(name: string): Promise<void> {
    const project = newProject({ name, slug: parseSlug('mon-app-12345') })
    await createWelcomePages().writeWelcomePage(project, links, dir)
  }

  async function look(
    options: BrowserContextOptions,
    work: (seen: { page: Page; requests: string[]; complaints: string[] }) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options)
    try {
      const page = await context.newPage()
      const requests: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(`${origin}/`)
      await work({ page, requests, complaints })
    } finally {
      await context.close()
    }
  }
})

async function serve(dir: string): Promise<Server> {
  const types = { '/': 'text/html; charset=utf-8', '/favicon.svg': 'image/svg+xml' }
  const server = createServer((request, response) => {
    const path = request.url === '/favicon.svg' ? '/favicon.svg' : '/'
    void readFile(join(dir, path === '/' ? 'index.html' : path)).then((body) => {
      response.writeHead(200, { 'content-type': types[path] }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

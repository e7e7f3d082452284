/** A person in front of a generated app, in Chromium, on a window of some size. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

export const windows = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const
export type WindowSize = keyof typeof windows

export interface VisitorOptions {
  readonly size: WindowSize
  readonly colours?: 'light' | 'dark'
  /** What stands before every path. */
  readonly baseUrl: string
}

export class AppVisitor implements AsyncDisposable {
  readonly page: Page
  readonly #context: BrowserContext
  readonly #baseUrl: string
  readonly #size: WindowSize
  /** What the browser complains about: errors of scripts, and answers that nobody had asked for. */
  readonly complaints: string[] = []

  constructor(context: BrowserContext, page: Page, options: VisitorOptions) {
    this.page = page
    this.#context = context
    this.#baseUrl = options.baseUrl
    this.#size = options.size
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('console', (message) => {
      // An answer of the API that refuses is told below, and its status is not a defect.
      const isAnswer = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isAnswer) this.complaints.push(message.text())
    })
    page.on('response', (response) => {
      const isRefusal = [400, 403].includes(response.status())
      if (response.status() >= 400 && !isRefusal) {
        this.complaints.push(`${response.status()} ${response.url()}`)
      }
    })
  }

  async open(path = ''): Promise<void> {
    await this.page.goto(`${this.#baseUrl}/${path}`)
    await this.settle()
  }

  async reload(): Promise<void> {
    await this.page.reload()
    await this.settle()
  }

  /** Until nothing is being loaded. */
  async settle(): Promise<void> {
    await this.page.waitForLoadState('networkidle')
  }

  /** By the navigation, which is behind a button on a phone. */
  async goTo(table: string): Promise<void> {
    if (this.#size === 'phone') await this.button('Menu').click()
    await this.page.getByRole('navigation', { name: 'Tables' }).getByText(table).click()
    await this.heading(table).waitFor()
    await this.settle()
  }

  heading(text: string): Locator {
    return this.page.getByRole('heading', { level: 1, name: text, exact: true })
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  link(name: string): Locator {
    return this.page.getByRole('link', { name, exact: true })
  }

  /** The input of a label, with or without the word that it may be left out. */
  input(label: string): Locator {
    return this.page.getByLabel(new RegExp(`^\\s*${label}\\s*(?:facultatif)?\\s*$`))
  }

  /** Picks a row of another table by typing a part of its name. */
  async pick(label: string, typed: string, row: string): Promise<void> {
    const input = this.page.getByRole('combobox', { name: new RegExp(`^\\s*${label}`) })
    await input.click()
    await input.fill(typed)
    await this.page.getByRole('option', { name: row }).click()
  }

  /** The question that has to be answered before anything goes on. */
  get dialog(): Locator {
    return this.page.locator('dialog[open]')
  }

  /** The row of a list that has that text in it. */
  row(text: string): Locator {
    return this.page.getByRole('row').filter({ hasText: text })
  }

  /** What is told below an input, as a screen reader finds it. */
  async errorOf(label: string): Promise<string> {
    const input = this.input(label)
    await input.and(this.page.locator('[aria-invalid=true]')).waitFor()
    const ids = (await input.getAttribute('aria-describedby')) ?? ''
    const texts = ids
      .split(' ')
      .filter((id) => id.endsWith('-error'))
      .map((id) => this.page.locator(`[id="${id}"]`).innerText())
    return (await Promise.all(texts)).join(' ')
  }

  /** Fails where axe finds something serious, or where the page is wider than the window. */
  async expectAccessible(): Promise<void> {
    await this.settle()
    const { violations } = await new AxeBuilder({ page: this.page }).analyze()
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    const found = serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
    expect(found, `${this.page.url()} on a ${this.#size}`).toEqual([])
    const width = await this.page.evaluate<number>('document.documentElement.scrollWidth')
    expect(width, `${this.page.url()} on a ${this.#size}`).toBeLessThanOrEqual(
      windows[this.#size].width,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
  }
}

export async function startVisitor(browser: Browser, options: VisitorOptions): Promise<AppVisitor> {
  const context = await browser.newContext({
    viewport: windows[options.size],
    colorScheme: options.colours ?? 'light',
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    // What is on its way to its colour can't be judged.
    reducedMotion: 'reduce',
    ...(options.size === 'phone' ? { hasTouch: true, isMobile: true } : {}),
  })
  return new AppVisitor(context, await context.newPage(), options)
}

/**
 * The page that starts an app, made of the `index.html` that its project has. Runs no script of its
 * own, so that the strictest policy lets it pass.
 */
import type { NamedApp } from './framework-template.ts'

/** The project's own page, under the app's name. */
export function renderProjectPage(page: string, { locale, title }: NamedApp): string {
  const named = replaceOnce(page, '<html lang="en">', `<html lang="${escapeHtml(locale)}">`)
  return replaceOnce(named, '<title>App</title>', `<title>${escapeHtml(title)}</title>`)
}

export interface PageAddresses {
  /** Where the app is served: `/`, `/apps/shop/`. */
  readonly base: string
  /** The source that the entry was made of. */
  readonly entry: string
  /** Names in the store. */
  readonly scripts: readonly string[]
  readonly style: string
  readonly icon: string
}

/** The page as it is served: the base, and the addresses in the store. The last script is run. */
export function renderServedPage(projectPage: string, addresses: PageAddresses): string {
  const { base, entry, scripts, style, icon } = addresses
  const main = scripts.at(-1) ?? ''
  const head = [
    `<meta name="base" content="${escapeHtml(base)}" />`,
    `<link rel="stylesheet" href="${storeUrl(style)}" />`,
    ...scripts.map((name) => `<link rel="modulepreload" href="${storeUrl(name)}" />`),
  ]
  const parts = [
    ['<head>', `<head>\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`],
    ['</head>', `${head.map((line) => `  ${line}\n  `).join('')}</head>`],
    ['"/favicon.svg"', `"${storeUrl(icon)}"`],
    [`"/${entry}"`, `"${storeUrl(main)}"`],
  ] as const
  return parts.reduce((page, [from, to]) => replaceOnce(page, from, to), projectPage)
}

/** Even a mistake in the escaping would run nothing. Pictures may be of any host, as rows name them. */
const policy = "script-src 'self'; object-src 'none'; base-uri 'none'"

function storeUrl(name: string): string {
  return `/_s/${name}`
}

/** Of what is in the page of the template; texts of users are escaped, so they hold none of it. */
function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from)
  if (parts.length !== 2)
    throw new Error(`index.html: "${from}" is there ${parts.length - 1} times`)
  return parts.join(to)
}

function escapeHtml(text: string): string {
  return text.toWellFormed().replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}

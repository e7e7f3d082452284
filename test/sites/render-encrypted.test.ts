// What nginx is told of https, by the settings and by what it understands itself.
import { expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { renderSharedText, type TlsTextInput } from '../../src/sites/render-nginx.ts'
import { hasHttp2Directive } from '../../src/sites/start-nginx.ts'

const listen = ['127.0.0.1:8080']
const own = { FRONTEND_DOMAIN: 'apps.example.org' }

const encrypted = { listen: ['127.0.0.1:8443'], hasHttp2Directive: false, hasWildcard: false }

function render(
  settings: Readonly<Record<string, string>> = {},
  tls: TlsTextInput | null = encrypted,
): string {
  return renderSharedText(readConfig({ ...own, ...settings }, 2), { listen, entrance: null, tls })
    .text
}

it.each([
  ['nginx version: nginx/1.22.1', false],
  ['nginx version: nginx/1.25.0', false],
  ['nginx version: nginx/1.25.1', true],
  ['nginx version: nginx/1.26.3 (Ubuntu)\n', true],
  ['nginx version: nginx/2.0.0', true],
  ['nginx version: openresty', false],
  ['', false],
])('%j knows "http2 on": %s', (printed, knows) => {
  expect(hasHttp2Directive(printed)).toBe(knows)
})

it('speaks HTTP/2 in the form that this nginx knows', () => {
  const older = render()
  expect(older).toContain('listen 127.0.0.1:8443 ssl http2 default_server;')
  expect(older).not.toContain('http2 on;')
  const newer = render({}, { ...encrypted, hasHttp2Directive: true })
  expect(newer).toContain('listen 127.0.0.1:8443 ssl default_server;')
  expect(newer).toMatch(/ {2}http2 on;/)
})

it('has one default server a port, and one profile for all of them', () => {
  const text = render()
  expect(text.match(/default_server;/g)).toHaveLength(2)
  const profiles = new Set(text.match(/ssl_(?:protocols|ciphers|session_tickets) .*;/g))
  expect(profiles.size).toBe(3)
  expect(text).toContain('ssl_protocols TLSv1.2 TLSv1.3;')
  expect(text).toContain('ssl_session_tickets off;')
  expect(text).not.toContain('ssl_stapling')
})

it('says nothing of https, and sends nobody there, where certificates are turned off', () => {
  const text = render({ ACME_DIRECTORY: 'off', HSTS: '300' }, null)
  expect(text).not.toMatch(/ ssl|8443|https:\/\/\$host|slipway_certificate/)
  expect(text).not.toContain('max-age=300')
})

it('tells browsers to come by https only where the setting says so', () => {
  expect(render()).not.toMatch(/on "max-age=/)
  expect(render({ HSTS: '300' })).toContain('on "max-age=300";')
})

it('serves hosts below FRONTEND_DOMAIN by the wildcard only where there is one', () => {
  expect(render()).not.toContain('_wildcard')
  expect(render({}, { ...encrypted, hasWildcard: true })).toContain('_wildcard.apps.example.org;')
})

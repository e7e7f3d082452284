// The text that nginx reads: nothing of the operator's settings can become a directive of it.
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { Secret } from '../../src/domain/secret.ts'
import { entranceHosts } from '../../src/sites/entrance.ts'
import { allAddresses, loopbackAddresses } from '../../src/sites/listen-addresses.ts'
import { firstComplaint } from '../../src/sites/nginx-complaint.ts'
import { renderMainText, renderSharedText } from '../../src/sites/render-nginx.ts'

const entrance = { hosts: [], secret: new Secret('') }
const input = { listen: ['127.0.0.1:8080'], workerUser: 'www-data', entrance }

it('is the same for the same settings, and of another generation for others', () => {
  const one = renderMainText(readConfig({}, 2), input)
  expect(renderMainText(readConfig({}, 2), input)).toEqual(one)
  expect(one.text).toContain(`default "${one.generation}";`)
  const other = renderMainText(readConfig({ BACKEND_URL: 'http://10.0.0.1' }, 2), input)
  expect(other.generation).not.toBe(one.generation)
  expect(one.text).not.toContain('undefined')
})

it.each([
  'http://localhost:8000;return 200 owned',
  'http://a.example/path',
  'http://a.example/?q',
  'http://$host',
])('refuses the backend %s', (url) => {
  const config = { ...readConfig({}, 2), backendUrl: url }
  expect(() => renderSharedText(config, { listen: ['80'], entrance })).toThrow('BACKEND_URL')
})

it.each(['/var/lib/a b', '/var/lib/x;y', '/var/lib/$host', '/var/{a}', '/var/"a"'])(
  'refuses the data folder %s',
  (dataDir) => {
    expect(() => renderMainText({ ...readConfig({}, 2), dataDir }, input)).toThrow('SLIPWAY_DATA')
  },
)

it('takes a data folder below a hidden one, where the homes of people have theirs', () => {
  const dataDir = '/srv/ada/.local/share/slipway'
  const { text } = renderMainText({ ...readConfig({}, 2), dataDir }, input)
  expect(text).toContain(`set $site ${dataDir}/hosts/$host;`)
})

it('takes only addresses to listen on', () => {
  const config = readConfig({}, 2)
  expect(() => renderSharedText(config, { listen: ['80; evil'], entrance })).toThrow('no address')
  expect(renderSharedText(config, { listen: ['80', '[::]:80'], entrance }).text).toContain(
    'listen [::]:80 default_server',
  )
  expect(loopbackAddresses(8080)[0]).toBe('127.0.0.1:8080')
  expect(allAddresses(80)[0]).toBe('80')
})

it("quotes the first of nginx's own lines that says why", () => {
  const said = `nginx: [warn] something
2026/01/01 00:00:00 [emerg] 12#12: unknown directive "x" in /etc/nginx/nginx.conf:3
nginx: configuration file /etc/nginx/nginx.conf test failed`
  expect(firstComplaint(said)).toBe('unknown directive "x" in /etc/nginx/nginx.conf:3')
  expect(firstComplaint('all is well')).toBeNull()
})

describe('the names of the entrance', () => {
  const own = 'deploy.example.org'

  it.each([
    ['', [own]],
    ['https://deploy.example.org', [own]],
    ['https://push.example.com/slipway', [own, 'push.example.com']],
    ['http://192.0.2.7:8080', [own, '192.0.2.7']],
    ['http://127.0.0.1:7080', [own]],
    ['https://example.org/git', [own]],
    ['http://[2001:db8::1]', [own]],
  ])('with the public URL "%s" are %j', (publicUrl, expected) => {
    const settings = { FRONTEND_DOMAIN: 'example.org', SLIPWAY_PUBLIC_URL: publicUrl }
    expect(entranceHosts(readConfig(settings, 2))).toEqual(expected)
  })
})

it('never takes a folder of the machine for a release, where there is none', () => {
  const { text } = renderSharedText(readConfig({}, 2), { listen: ['80'], entrance })
  expect(text).toMatch(/map \$realpath_root \$slipway_release \{\n\s+default \/\.none;/)
})

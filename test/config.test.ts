/** The settings of the server, one by one as CONTRACT promises them. */
import { describe, expect, test } from 'vitest'
import { type Config, limits, readConfig, remoteUrl, settings, siteUrl } from '../src/config.ts'
import { parseSlug } from '../src/domain/names.ts'
import { defaultProjectSettings } from '../src/domain/project.ts'

type Name = keyof typeof settings

function read(environment: Readonly<Record<string, string>> = {}, cpuCount = 8): Config {
  return readConfig(environment, cpuCount)
}

/** The names in the order of the table that they are promised in, with what each becomes. */
const promised: readonly (readonly [Name, (config: Config) => unknown, unknown])[] = [
  ['FRONTEND_DOMAIN', (config) => config.frontendDomain, 'localhost'],
  ['FRONTEND_BUILD_ROOT', (config) => config.buildRoot, '/tmp/nocode_builds'],
  ['NGINX_SITES_DIR', (config) => config.nginx.sitesDir, '/etc/nginx/sites-available'],
  ['NGINX_WWW_ROOT', (config) => config.nginx.wwwRoot, '/var/www/apps'],
  ['SSL_EMAIL', (config) => config.sslEmail, 'admin@localhost'],
  ['BACKEND_URL', (config) => config.backendUrl, 'http://localhost:8000'],
  ['SLIPWAY_DATA', (config) => config.dataDir, '/var/lib/slipway'],
  ['SLIPWAY_LISTEN', (config) => config.listen, { host: '127.0.0.1', port: 7080 }],
  ['SLIPWAY_PUBLIC_URL', (config) => config.publicUrl, 'https://deploy.localhost'],
  ['NGINX_MODE', (config) => config.nginx.mode, 'system'],
  ['NGINX_HTTP_PORT', (config) => config.nginx.httpPort, 80],
  ['NGINX_HTTPS_PORT', (config) => config.nginx.httpsPort, 443],
  ['BUILD_CONCURRENCY', (config) => config.build.concurrency, 4],
  ['INSTALL_TIMEOUT', (config) => config.build.installTimeoutMs, 300_000],
  ['BUILD_TIMEOUT', (config) => config.build.buildTimeoutMs, 600_000],
  ['BUILD_MEMORY', (config) => config.build.memoryBytes, 2 * 1024 ** 3],
  ['BUILD_CPUS', (config) => config.build.cpus, 2],
  ['BUILD_PIDS', (config) => config.build.pids, 512],
  ['BUILD_DISK', (config) => config.build.diskBytes, 4 * 1024 ** 3],
  ['KEEP_RELEASES', (config) => config.keepReleases, 5],
  ['STORAGE_QUOTA', (config) => config.storageQuotaBytes, 1024 ** 3],
  [
    'ACME_DIRECTORY',
    (config) => config.acme.directory,
    'https://acme-v02.api.letsencrypt.org/directory',
  ],
  ['ACME_CA_FILE', (config) => config.acme.caFile, null],
  ['ACME_CHALLENGE', (config) => config.acme.challenge, 'http-01'],
  ['ACME_DNS', (config) => config.acme.dns, null],
  ['ACME_DNS_SERVER', (config) => config.acme.dns, null],
  ['ACME_DNS_ZONE', (config) => config.acme.dns, null],
  ['ACME_DNS_KEY_FILE', (config) => config.acme.dns, null],
  ['ACME_DNS_WAIT', (config) => config.acme.dnsWaitMs, 0],
  ['HSTS', (config) => config.nginx.hstsSeconds, 0],
  ['DOMAIN_RESOLVERS', (config) => config.domainResolvers, []],
  ['SCHEMA_PULL', (config) => config.schemaPull, false],
  ['SLIPWAY_LIMITS', (config) => config.build.limits, 'required'],
  ['SLIPWAY_RATE_LIMITS', (config) => config.rateLimits, true],
  ['SLIPWAY_SANDBOX', (config) => config.build.sandbox, 'required'],
]

describe('a setting that is left out', () => {
  test.each(promised)('%s has its promised default', (name, pick, value) => {
    expect(pick(read())).toEqual(value)
    // Empty is what an EnvironmentFile makes of a line that was left to fill in.
    expect(pick(read({ [name]: '' }))).toEqual(value)
  })

  test('there is no setting but those', () => {
    expect(Object.keys(settings).toSorted()).toEqual(promised.map(([name]) => name).toSorted())
  })

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [16, 8],
  ])('a machine of %i cores builds %i at once', (cores, concurrency) => {
    expect(read({}, cores).build.concurrency).toBe(concurrency)
  })

  test('what follows from the domain follows it', () => {
    const config = read({ FRONTEND_DOMAIN: 'Apps.Example.ORG' })
    expect(config.frontendDomain).toBe('apps.example.org')
    expect(config.publicUrl).toBe('https://deploy.apps.example.org')
    expect(config.sslEmail).toBe('admin@apps.example.org')
  })
})

describe('a setting that is given', () => {
  const given: readonly (readonly [Name, string, unknown])[] = [
    ['FRONTEND_DOMAIN', 'example.org', 'example.org'],
    ['FRONTEND_BUILD_ROOT', '/srv/builds/', '/srv/builds'],
    ['NGINX_SITES_DIR', '/etc/nginx/more', '/etc/nginx/more'],
    ['NGINX_WWW_ROOT', '/srv/ada/.local/share/slipway/www', '/srv/ada/.local/share/slipway/www'],
    ['SSL_EMAIL', 'ops+tls@example.org', 'ops+tls@example.org'],
    ['BACKEND_URL', 'https://platform.example.org:8443/', 'https://platform.example.org:8443'],
    ['BACKEND_URL', 'http://[::1]:8000', 'http://[::1]:8000'],
    ['SLIPWAY_DATA', '/data', '/data'],
    ['SLIPWAY_LISTEN', '[::1]:0', { host: '::1', port: 0 }],
    ['SLIPWAY_LISTEN', 'deploy.internal:443', { host: 'deploy.internal', port: 443 }],
    ['SLIPWAY_PUBLIC_URL', 'https://example.org/git/', 'https://example.org/git'],
    ['NGINX_MODE', 'managed', 'managed'],
    ['NGINX_HTTP_PORT', '8080', 8080],
    ['NGINX_HTTPS_PORT', '65535', 65_535],
    ['BUILD_CONCURRENCY', '64', 64],
    ['INSTALL_TIMEOUT', '1', 1_000],
    ['BUILD_TIMEOUT', '86400', 86_400_000],
    ['BUILD_MEMORY', '512m', 512 * 1024 ** 2],
    ['BUILD_CPUS', '256', 256],
    ['BUILD_PIDS', '16', 16],
    ['BUILD_DISK', '1T', 1024 ** 4],
    ['KEEP_RELEASES', '1', 1],
    ['STORAGE_QUOTA', '1048576', 1024 ** 2],
    ['ACME_DIRECTORY', 'off', 'off'],
    ['ACME_DIRECTORY', 'https://localhost:14000/dir', 'https://localhost:14000/dir'],
    ['ACME_DIRECTORY', 'local', 'local'],
    ['ACME_CA_FILE', '/etc/ssl/our-root.pem', '/etc/ssl/our-root.pem'],
    ['ACME_DNS', 'exec:/usr/local/bin/hook', { kind: 'exec', program: '/usr/local/bin/hook' }],
    ['ACME_DNS_WAIT', '60', 60_000],
    ['HSTS', '31536000', 31_536_000],
    ['DOMAIN_RESOLVERS', '192.0.2.53', ['192.0.2.53:53']],
    [
      'DOMAIN_RESOLVERS',
      '127.0.0.1:5353, 2001:db8::53,[2001:db8::53],[2001:db8::53]:5353',
      ['127.0.0.1:5353', '[2001:db8::53]:53', '[2001:db8::53]:53', '[2001:db8::53]:5353'],
    ],
    ['SCHEMA_PULL', 'on', true],
    ['SLIPWAY_LIMITS', 'best-effort', 'best-effort'],
    ['SLIPWAY_RATE_LIMITS', 'off', false],
    ['SLIPWAY_SANDBOX', 'off', 'off'],
  ]

  test.each(given)('%s=%s is taken', (name, text, value) => {
    const pick = promised.find(([known]) => known === name)?.[1]
    expect(pick?.(read({ [name]: text }))).toEqual(value)
  })

  const refused: readonly (readonly [Name, readonly string[]])[] = [
    ['FRONTEND_DOMAIN', ['-', 'a b', 'http://example.org', 'example.org:80', 'café.fr', 'a;b']],
    [
      'FRONTEND_BUILD_ROOT',
      ['builds', './x', '/', '/..', '/a/../b', '/a/..', '/a/.', '/a//b', '/a\nb'],
    ],
    ['NGINX_SITES_DIR', ['~/sites', 'C:\\sites']],
    ['NGINX_WWW_ROOT', ['www', '/']],
    ['SSL_EMAIL', ['ops', 'a b@example.org', '@', 'a@b@c', 'a@x;evil']],
    [
      'BACKEND_URL',
      [
        'localhost:8000',
        'ftp://x',
        'http://',
        'http://x/api',
        'http://x?y',
        'http://x#y',
        'http://x;return',
        'http://x{y}',
        ' http://x',
        'http://x\n',
      ],
    ],
    ['SLIPWAY_DATA', ['data', '/var/lib/../x']],
    [
      'SLIPWAY_LISTEN',
      ['7080', '127.0.0.1', '127.0.0.1:65536', '::1:80', ':80', 'a b:80', 'x:80x'],
    ],
    ['SLIPWAY_PUBLIC_URL', ['deploy.example.org', 'https://x/?a=b', 'ssh://x']],
    ['NGINX_MODE', ['docker', 'System']],
    ['NGINX_HTTP_PORT', ['0', '65536', '80a', '-1', '8e1', '0x50', '1.5', ' 80']],
    ['NGINX_HTTPS_PORT', ['https']],
    ['BUILD_CONCURRENCY', ['0', '65', 'many']],
    ['INSTALL_TIMEOUT', ['0', '86401', '5m']],
    ['BUILD_TIMEOUT', ['0', '10 minutes']],
    ['BUILD_MEMORY', ['0', '2', '1023k', '2gb', '2 g', '-1g', '1.5g', 'lots', '9999999t']],
    ['BUILD_CPUS', ['0', '257', 'half']],
    ['BUILD_PIDS', ['15', '65537']],
    ['BUILD_DISK', ['0g', '4']],
    ['KEEP_RELEASES', ['0', '1001', 'all']],
    ['STORAGE_QUOTA', ['none', '1']],
    ['ACME_DIRECTORY', ['http://acme.example', 'on', 'letsencrypt']],
    ['ACME_CA_FILE', ['root.pem']],
    // DNS-01 alone, without somebody who changes the zone, proves nothing.
    ['ACME_CHALLENGE', ['tls-alpn-01', 'on', 'dns-01', 'off']],
    ['ACME_DNS', ['cloudflare', 'exec:hook', 'exec:/a b', 'exec']],
    ['ACME_DNS_WAIT', ['-1', '3601', 'long']],
    ['HSTS', ['on', '63072001']],
    [
      'DOMAIN_RESOLVERS',
      [
        'dns.example.org',
        '192.0.2',
        '192.0.2.1:0',
        '192.0.2.1:65536',
        '192.0.2.1,',
        '[::1',
        '1.1.1.1:5:3',
      ],
    ],
    ['SCHEMA_PULL', ['yes', 'true', '1']],
    ['SLIPWAY_LIMITS', ['off', 'none']],
    ['SLIPWAY_RATE_LIMITS', ['0', 'no']],
    ['SLIPWAY_SANDBOX', ['on', 'false', 'best-effort']],
  ]

  test('the root of FRONTEND_DOMAIN is not the place of git, unless the server itself is there', () => {
    const at = (url: string): string =>
      read({ FRONTEND_DOMAIN: 'example.org', SLIPWAY_PUBLIC_URL: url }).publicUrl
    for (const url of ['https://example.org', 'http://EXAMPLE.org/', 'http://example.org:8080']) {
      expect(() => at(url), url).toThrow(
        expect.objectContaining({
          code: 'config_invalid',
          message: expect.stringMatching(
            /^SLIPWAY_PUBLIC_URL=.*: expected a host other than FRONTEND_DOMAIN/,
          ),
        }),
      )
    }
    for (const url of [
      'http://example.org:7080',
      'https://example.org/git',
      'https://x.example.org',
    ]) {
      expect(at(url)).toBe(url)
    }
  })

  test('a zone is changed by a signed update where all that takes is there', () => {
    const update = { ACME_DNS: 'rfc2136', ACME_DNS_KEY_FILE: '/etc/acme.key' }
    const { dns, challenge } = read({
      ...update,
      ACME_CHALLENGE: 'dns-01',
      ACME_DNS_SERVER: '192.0.2.1:5353',
      FRONTEND_DOMAIN: 'apps.example.org',
    }).acme
    expect(challenge).toBe('dns-01')
    const server = { host: '192.0.2.1', port: 5353 }
    const keyFile = '/etc/acme.key'
    expect(dns).toEqual({ kind: 'rfc2136', server, zone: 'apps.example.org', keyFile })
    expect(() => read({ ACME_DNS: 'rfc2136' })).toThrow('ACME_DNS_KEY_FILE')
    expect(() => read({ ...update, ACME_DNS_SERVER: 'ns' })).toThrow('ACME_DNS_SERVER')
    expect(() => read({ ...update, ACME_DNS_ZONE: 'a b' })).toThrow('ACME_DNS_ZONE')
  })

  test.each(refused)(
    '%s that can not be read is refused with what may stand there',
    (name, texts) => {
      for (const text of texts) {
        expect(() => read({ [name]: text }), text).toThrow(
          expect.objectContaining({
            code: 'config_invalid',
            message: `${name}=${text}: expected ${settings[name].expected}`,
          }),
        )
      }
    },
  )

  test('every setting was tried with what can not be read', () => {
    // Those of an update are read where there is one, and tried there.
    const updates = ['ACME_DNS_SERVER', 'ACME_DNS_ZONE', 'ACME_DNS_KEY_FILE']
    const names = promised.map(([name]) => name).filter((name) => !updates.includes(name))
    expect(refused.map(([name]) => name)).toEqual(names)
  })

  test('a password in a URL is refused and not shown', () => {
    for (const name of ['BACKEND_URL', 'SLIPWAY_PUBLIC_URL', 'ACME_DIRECTORY']) {
      const start = (): unknown => read({ [name]: 'https://ada:hunter2@example.org' })
      expect(start).toThrow(`${name}=https://[redacted]@example.org: expected`)
    }
  })
})

describe('an unknown name', () => {
  test.each([
    ['SLIPWAY_SANDBX', 'SLIPWAY_SANDBOX'],
    ['SLIPWAY_DATA_DIR', 'SLIPWAY_DATA'],
    ['SLIPWAY_LIMIT', 'SLIPWAY_LIMITS'],
    ['SLIPWAY_PUBLIC_ULR', 'SLIPWAY_PUBLIC_URL'],
    ['SLIPWAY_LSITEN', 'SLIPWAY_LISTEN'],
  ])('%s stops the start, with the nearest that is known', (name, suggestion) => {
    expect(() => read({ [name]: 'x' })).toThrow(`${name} is no setting of Slipway.`)
    expect(() => read({ [name]: 'x' })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`Did you mean ${suggestion}?`) }),
    )
  })

  test('of other programs is none of our business', () => {
    expect(() =>
      read({ PATH: '/bin', slipway_x: 'y', MY_SLIPWAY_X: 'y', BUILD_ID: '7' }),
    ).not.toThrow()
  })
})

test('nothing in the settings can be changed afterwards', () => {
  const config = read()
  const parts = [config, config.listen, config.acme, config.nginx, config.build, config.limits]
  for (const part of parts) expect(Object.isFrozen(part)).toBe(true)
  expect(() => Object.assign(config.build, { sandbox: 'off' })).toThrow(TypeError)
})

test('every limit is a positive number', () => {
  for (const [name, value] of Object.entries(limits)) expect(value, name).toBeGreaterThan(0)
})

test('addresses of sites and remotes are told with the port where there is one', () => {
  const slug = parseSlug('shop')
  const project = { slug, settings: defaultProjectSettings }
  const below = { slug, settings: { ...defaultProjectSettings, address: 'subdirectory' } as const }
  const plain = read({ FRONTEND_DOMAIN: 'example.org' })
  expect(siteUrl(plain, project)).toBe('https://shop.example.org')
  expect(siteUrl(plain, below)).toBe('https://example.org/apps/shop/')
  expect(siteUrl(plain, project, false)).toBe('http://shop.example.org')
  expect(remoteUrl(plain, slug)).toBe('https://deploy.example.org/shop.git')
  const encrypted = read({ NGINX_HTTPS_PORT: '8443' })
  expect(siteUrl(encrypted, project)).toBe('https://shop.localhost:8443')
  const other = read({ NGINX_HTTP_PORT: '8080', ACME_DIRECTORY: 'off' })
  expect(siteUrl(other, project)).toBe('http://shop.localhost:8080')
  expect(siteUrl(other, below)).toBe('http://localhost:8080/apps/shop/')
})

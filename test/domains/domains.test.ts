/**
 * Custom domains by a real name server, with a server that stands where nginx does, from the first
 * record to the last.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { limits, readConfig } from '../../src/config.ts'
import { noCertificates } from '../../src/certificates/open-certificates.ts'
import type { CertificateState, Certificates, Domain } from '../../src/contracts.ts'
import type { SlipwayError } from '../../src/domain/errors.ts'
import type { HostName } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import { openDomains, type OpenDomains } from '../../src/domains/open-domains.ts'
import { type NameServer, startNameServer } from '../tools/name-server.ts'
import { makeDataDir, newProject, openStores, type Stores } from '../tools/store.ts'

const day = 24 * 3_600_000
let bind: NameServer
let nginx: Server
let challengesDir: string
beforeAll(async () => {
  bind = await startNameServer('example', ['apps A 127.0.0.1', '*.apps A 127.0.0.1'], 'ANY')
  challengesDir = await mkdtemp(join(tmpdir(), 'slipway-challenges-'))
  nginx = createServer((asked, answer) => {
    readFile(join(challengesDir, asked.url?.split('/').at(-1) ?? '')).then(
      (text) => answer.end(text),
      () => answer.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => {
    nginx.listen(0, '127.0.0.1', resolve)
  })
})
afterAll(async () => {
  nginx.close()
  await bind[Symbol.asyncDispose]()
  await rm(challengesDir, { recursive: true, force: true })
})

class Lab {
  readonly stores: Stores
  readonly now = { date: new Date(Date.UTC(2026, 10, 25)) }
  /** What each host leads to: a slug, or `→` and another host. */
  readonly links = new Map<string, string>()
  readonly requested = new Set<string>()
  readonly retried: string[] = []
  readonly valid = new Set<string>()
  /** Whose certificate can not be read any more, as somebody finds who looks. */
  readonly damaged = new Set<string>()
  readonly logged: string[] = []
  readonly shop: Project
  readonly other: Project
  opened: OpenDomains | null = null

  constructor(stores: Stores) {
    this.stores = stores
    this.shop = newProject()
    this.other = newProject()
    for (const project of [this.shop, this.other]) stores.projects.create(project)
  }

  async open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { port } = nginx.address() as AddressInfo
    this.opened = await openDomains({
      config: readConfig(
        {
          FRONTEND_DOMAIN: 'apps.example',
          DOMAIN_RESOLVERS: `127.0.0.1:${bind.port}`,
          NGINX_HTTP_PORT: String(port),
          ...settings,
        },
        2,
      ),
      store: this.stores.domains,
      projects: this.stores.projects,
      sites: {
        linkHost: (slug, host) => this.#link(host, slug),
        linkRedirect: (host, target) => this.#link(host, `→ ${target}`),
        unlinkHost: (host) => {
          this.links.delete(host)
          return Promise.resolve()
        },
      },
      certificates: this.#certificates(),
      reservedHosts: [],
      secretKey: Buffer.alloc(32, 7),
      challengesDir,
      logError: (message, error) => this.logged.push(`${message}: ${String(error)}`),
      now: () => this.now.date,
      random: () => 0,
    })
  }

  get domains() {
    if (this.opened === null) throw new Error('not open')
    return this.opened.domains
  }

  #link(host: string, to: string): Promise<boolean> {
    this.links.set(host, to)
    return Promise.resolve(true)
  }

  #certificates(): Certificates {
    const stateOf = (host: HostName): CertificateState => {
      const state = this.valid.has(host) ? 'valid' : this.requested.has(host) ? 'waiting' : 'none'
      return { host, state, notAfter: null, reason: null, nextTry: null }
    }
    return {
      ...noCertificates,
      stateOf,
      request: (host) => this.requested.add(host),
      check: (host) => {
        if (this.damaged.has(host)) this.valid.delete(host)
        return Promise.resolve()
      },
      retry: (host) => this.retried.push(host),
      forget: (host) => this.requested.delete(host),
    }
  }

  async passAndLook(ms: number): Promise<void> {
    this.now.date = new Date(this.now.date.getTime() + ms)
    await this.opened?.lookDue()
  }

  async add(host: string, project = this.shop, redirectTo: string | null = null): Promise<Domain> {
    return (await this.domains.add(project, { host, redirectTo })).domain
  }

  /** Sets the records that the domain asks for. */
  async set(domain: Domain, ...types: readonly string[]): Promise<void> {
    const wanted = domain.records.filter(({ type }) => types.includes(type))
    await bind.change(
      ...wanted.map(({ type, name, value }) => `add ${name}. 1 ${type} ${quote(type, value)}`),
    )
  }

  /** Adds it with all its records, and looks. */
  async attach(host: string, project = this.shop, redirectTo: string | null = null) {
    const domain = await this.add(host, project, redirectTo)
    await this.set(domain, 'TXT', 'CNAME', 'A')
    await this.domains.check(project, host)
    return domain
  }
}

function quote(type: string, value: string): string {
  if (type === 'TXT') return `"${value}"`
  return type === 'CNAME' ? `${value}.` : value
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => (error as SlipwayError).code,
  )
}

let lab: Lab
beforeEach(async () => {
  lab = new Lab(openStores(await makeDataDir()))
  await lab.open()
})
afterEach(async () => {
  await lab.opened?.[Symbol.asyncDispose]()
  lab.stores.database.close()
  await rm(lab.stores.dataDir, { recursive: true, force: true })
  await bind.change(
    ...[
      'shop.example',
      'www.shop.example',
      '_slipway.shop.example',
      '_slipway.www.shop.example',
    ].map((name) => `delete ${name}.`),
  )
})

describe('a domain', () => {
  test('goes live record by record, and is told what it waits for', async () => {
    const added = await lab.add('Shop.Example.')
    expect(added).toMatchObject({ host: 'shop.example', state: 'pending_dns', redirectTo: null })
    expect(added.records.map(({ type, name, value }) => `${name} ${type} ${value}`)).toEqual([
      expect.stringMatching(/^_slipway\.shop\.example TXT slipway-verify=[\w-]{32}$/),
      'shop.example A 127.0.0.1',
    ])
    await lab.opened?.lookDue()
    expect(await lab.domains.find(lab.shop, 'shop.example')).toMatchObject({
      state: 'pending_dns',
      reason:
        'there is no TXT record _slipway.shop.example; there is no A, AAAA or CNAME record shop.example',
    })
    await lab.set(added, 'A')
    await lab.passAndLook(day)
    expect([...lab.links]).toEqual([])
    await lab.set(added, 'TXT')
    await lab.passAndLook(day)
    expect([...lab.links]).toEqual([['shop.example', lab.shop.slug]])
    expect([...lab.requested]).toEqual(['shop.example'])
    const served = await lab.domains.find(lab.shop, 'SHOP.example')
    expect(served.state).toBe('pending_certificate')
    lab.valid.add('shop.example')
    expect(await lab.domains.list(lab.shop)).toMatchObject([{ state: 'live', reason: null }])
    expect(lab.logged).toEqual([])
  })

  test('is looked at when somebody asks for it, and the findings are told', async () => {
    const added = await lab.add('shop.example')
    const first = await lab.domains.check(lab.shop, 'shop.example')
    expect(first.findings.find(({ what }) => what === 'TXT')).toMatchObject({
      outcome: 'missing',
      records: [{ type: 'TXT', name: '_slipway.shop.example' }],
    })
    await lab.set(added, 'TXT', 'A')
    const second = await lab.domains.check(lab.shop, 'shop.example')
    expect(second.domain.state).toBe('pending_certificate')
    expect(second.findings.map(({ what, outcome }) => `${what}: ${outcome}`)).toContain(
      'port 80: good',
    )
  })

  test('whose certificate waits is tried again by a check, once a minute at most', async () => {
    await lab.attach('shop.example')
    await lab.domains.check(lab.shop, 'shop.example')
    expect(lab.retried).toEqual([])
    lab.now.date = new Date(lab.now.date.getTime() + 61_000)
    await lab.domains.check(lab.shop, 'shop.example')
    await lab.domains.check(lab.shop, 'shop.example')
    expect(lab.retried).toEqual(['shop.example'])
  })

  test('whose certificate is damaged on disk is told so by a check', async () => {
    await lab.attach('shop.example')
    lab.valid.add('shop.example')
    lab.damaged.add('shop.example')
    const { domain, findings } = await lab.domains.check(lab.shop, 'shop.example')
    expect(domain.state).toBe('pending_certificate')
    expect(findings).toContainEqual(
      expect.objectContaining({ what: 'certificate', outcome: 'unknown' }),
    )
  })

  test('that is removed is gone everywhere, also one that is being looked at', async () => {
    await lab.attach('shop.example')
    const looking = codeOf(lab.domains.check(lab.shop, 'shop.example'))
    await lab.domains.remove(lab.shop, 'shop.example')
    expect(await looking).toMatch(/^(domain_not_found|done)$/)
    expect([[...lab.links], [...lab.requested]]).toEqual([[], []])
    expect(await lab.domains.list(lab.shop)).toEqual([])
    expect(await codeOf(lab.domains.remove(lab.shop, 'shop.example'))).toBe('domain_not_found')
    expect(await codeOf(lab.domains.find(lab.shop, 'shop.example'))).toBe('domain_not_found')
  })

  test('whose proof has gone is served for a while, and told so; then it is not', async () => {
    await lab.attach('shop.example')
    await bind.change('delete _slipway.shop.example. TXT')
    await lab.passAndLook(day)
    const lost = await lab.domains.find(lab.shop, 'shop.example')
    expect([lost.state, lost.reason]).toEqual([
      'error',
      expect.stringContaining('there is no TXT record _slipway.shop.example; it is served until'),
    ])
    expect([...lab.links.keys()]).toEqual(['shop.example'])
    await lab.passAndLook(limits.domainGraceMs)
    expect([[...lab.links], [...lab.requested]]).toEqual([[], []])
    expect((await lab.domains.find(lab.shop, 'shop.example')).state).toBe('pending_dns')
    await lab.set(lost, 'TXT')
    await lab.passAndLook(day)
    expect([...lab.links.keys()]).toEqual(['shop.example'])
  })

  test('is left as it is while nobody can be asked', async () => {
    await lab.attach('shop.example')
    await lab.opened?.[Symbol.asyncDispose]()
    await lab.open({ DOMAIN_RESOLVERS: '127.0.0.1:1' })
    for (let days = 0; days < 20; days += 1) await lab.passAndLook(day)
    expect([...lab.links.keys()]).toEqual(['shop.example'])
    const domain = await lab.domains.find(lab.shop, 'shop.example')
    expect(domain.reason).toContain('_slipway.shop.example can not be looked up (ECONNREFUSED)')
  })

  test('is live without a certificate where none are made for it', async () => {
    await lab.opened?.[Symbol.asyncDispose]()
    await lab.open({ ACME_DIRECTORY: 'off' })
    await lab.attach('shop.example')
    expect((await lab.domains.find(lab.shop, 'shop.example')).state).toBe('live')
    expect([...lab.requested]).toEqual([])
  })

  test('that leads to a private address which is not this server’s sends us nowhere', async () => {
    const added = await lab.add('shop.example')
    await lab.set(added, 'TXT')
    await bind.change('add shop.example. 1 A 127.0.0.2')
    const { findings } = await lab.domains.check(lab.shop, 'shop.example')
    expect(findings.find(({ what }) => what === 'port 80')).toMatchObject({
      outcome: 'wrong',
      found: ['127.0.0.2: private'],
    })
  })
})

describe('a domain of another project', () => {
  test('can not be added while its proof stands, also where its CNAME dangles', async () => {
    await lab.attach('www.shop.example')
    const taken = lab.domains.add(lab.other, { host: 'www.shop.example', redirectTo: null })
    await expect(taken).rejects.toMatchObject({ code: 'domain_taken' })
    await expect(lab.domains.check(lab.other, 'www.shop.example')).rejects.toThrow('has no domain')
    // The project ends, its records stay; who makes a new one has another proof.
    await lab.domains.removeAll(lab.shop)
    lab.stores.projects.remove(lab.shop.id)
    expect([...lab.links]).toEqual([])
    await lab.add('www.shop.example', lab.other)
    await lab.passAndLook(day)
    const domain = await lab.domains.find(lab.other, 'www.shop.example')
    expect(domain).toMatchObject({
      state: 'error',
      reason: 'the TXT record _slipway.www.shop.example is that of another project',
    })
    expect([...lab.links]).toEqual([])
  })

  test('moves to whom the zone names, once it names the other no more', async () => {
    await lab.attach('shop.example')
    const refused = await lab.domains
      .add(lab.other, { host: 'shop.example', redirectTo: null })
      .catch((error: unknown) => error as SlipwayError)
    const { details } = refused as SlipwayError
    expect(details).toMatchObject({ record: '_slipway.shop.example' })
    const add = `add _slipway.shop.example. 1 TXT "${details['value'] ?? ''}"`
    await bind.change(add)
    expect(await codeOf(lab.add('shop.example', lab.other))).toBe('domain_taken')
    await bind.change('delete _slipway.shop.example. TXT')
    await bind.change(add)
    expect((await lab.add('shop.example', lab.other)).state).toBe('pending_dns')
    expect([[...lab.links], [...lab.requested]]).toEqual([[], []])
    await lab.domains.check(lab.other, 'shop.example')
    expect([...lab.links]).toEqual([['shop.example', lab.other.slug]])
    expect(await lab.domains.list(lab.shop)).toEqual([])
  })

  test('that it never proved holds nobody up', async () => {
    await lab.add('shop.example', lab.other)
    const refused = lab.domains.add(lab.shop, { host: 'shop.example', redirectTo: null })
    const { details } = (await refused.catch((error: unknown) => error)) as SlipwayError
    await bind.change(`add _slipway.shop.example. 1 TXT "${details['value'] ?? ''}"`)
    expect(
      (await lab.domains.add(lab.shop, { host: 'shop.example', redirectTo: null })).isNew,
    ).toBe(true)
  })
})

describe('a domain that sends its visitors to another', () => {
  test('does so as soon as that one works, and shows the site before and after', async () => {
    await lab.add('shop.example')
    await lab.attach('www.shop.example', lab.shop, 'SHOP.example')
    expect([...lab.links]).toEqual([['www.shop.example', lab.shop.slug]])
    await lab.attach('shop.example')
    expect(Object.fromEntries(lab.links)).toEqual({
      'shop.example': lab.shop.slug,
      'www.shop.example': '→ shop.example',
    })
    expect(lab.domains.hostsOf(lab.shop)).toEqual(['shop.example'])
    lab.links.clear()
    await lab.domains.link(lab.shop)
    expect(lab.links.size).toBe(2)
    expect([...lab.requested].toSorted()).toEqual(['shop.example', 'www.shop.example'])
    await lab.domains.remove(lab.shop, 'shop.example')
    expect([...lab.links]).toEqual([['www.shop.example', lab.shop.slug]])
    expect(await lab.domains.list(lab.shop)).toMatchObject([{ redirectTo: null }])
  })

  test('is changed by adding it again', async () => {
    await lab.attach('shop.example')
    await lab.attach('www.shop.example')
    const wish = { host: 'www.shop.example', redirectTo: 'shop.example' }
    expect(await lab.domains.add(lab.shop, wish)).toMatchObject({ isNew: false })
    expect(lab.links.get('www.shop.example')).toBe('→ shop.example')
    await lab.domains.add(lab.shop, { ...wish, redirectTo: null })
    expect(lab.links.get('www.shop.example')).toBe(lab.shop.slug)
  })

  test('shows the site again where the other one is lost', async () => {
    await lab.attach('shop.example')
    await lab.attach('www.shop.example', lab.shop, 'shop.example')
    await bind.change('delete _slipway.shop.example. TXT')
    await lab.passAndLook(day)
    expect(lab.links.get('www.shop.example')).toBe('→ shop.example')
    await lab.passAndLook(limits.domainGraceMs)
    expect([...lab.links]).toEqual([['www.shop.example', lab.shop.slug]])
  })

  test('can not send them to nowhere, in a circle, or to another project', async () => {
    await lab.add('shop.example')
    await lab.add('www.shop.example', lab.shop, 'shop.example')
    await lab.add('other.example', lab.other)
    for (const [host, target, problem] of [
      ['a.example', 'nowhere.example', 'is no domain of this project'],
      ['a.example', '*', 'is no domain of this project'],
      ['a.example', 'other.example', 'is no domain of this project'],
      ['a.example', 'www.shop.example', 'it sends them on to shop.example'],
      ['shop.example', 'shop.example', 'it is the same'],
    ] as const) {
      const adding = lab.domains.add(lab.shop, { host, redirectTo: target })
      await expect(adding).rejects.toMatchObject({
        code: 'domain_redirect_invalid',
        message: expect.stringContaining(problem) as string,
      })
    }
    await lab.add('b.example')
    const circle = lab.domains.add(lab.shop, { host: 'shop.example', redirectTo: 'b.example' })
    await expect(circle).rejects.toThrow('others are sent here')
    expect(await codeOf(lab.domains.find(lab.shop, 'a.example'))).toBe('domain_not_found')
  })
})

test('names that may not be had are refused before anything is written', async () => {
  expect(await codeOf(lab.add('shop.apps.example'))).toBe('domain_reserved')
  expect(await codeOf(lab.add('deploy.apps.example'))).toBe('domain_reserved')
  expect(await codeOf(lab.add('192.0.2.1'))).toBe('domain_invalid')
  expect(await lab.domains.list(lab.shop)).toEqual([])
})

test('after a start of the server all is looked at that is due', async () => {
  const added = await lab.add('shop.example')
  await lab.opened?.[Symbol.asyncDispose]()
  await lab.set(added, 'TXT', 'A')
  await lab.open()
  await lab.passAndLook(day)
  expect([...lab.links.keys()]).toEqual(['shop.example'])
})

test('no certificate is asked for while the authority would not find what it needs', async () => {
  const { signal } = new AbortController()
  const preflight = (name: string): Promise<void> | undefined => lab.opened?.preflight(name, signal)
  await lab.attach('shop.example')
  await preflight('shop.example')
  await preflight('deploy.apps.example')
  await preflight('*.apps.example')
  await bind.change('delete *.apps.example. A')
  await expect(preflight('deploy.apps.example')).rejects.toThrow('set deploy.apps.example')
  await bind.change('add *.apps.example. 1 A 127.0.0.1')
  await preflight('nobodys.example')
  await bind.change('add shop.example. 1 CAA 0 issue "other.test"')
  await expect(preflight('shop.example')).rejects.toThrow(
    'the CAA record of shop.example: it lets only other.test issue, and not letsencrypt.org',
  )
  await bind.change('delete shop.example. CAA', 'delete shop.example. A')
  await expect(preflight('shop.example')).rejects.toThrow('there is no A, AAAA or CNAME record')
})

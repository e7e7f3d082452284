// Hosts that send their visitors to another one.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostName } from '../../src/domain/names.ts'
import { sendBytes } from '../tools/raw-request.ts'
import { asNavigation, type SiteLab, startSiteLab, visit } from '../tools/site-lab.ts'

const apex = 'shop.example' as HostName
const www = 'www.shop.example' as HostName

describe('a host that sends its visitors to another', () => {
  let lab: SiteLab

  beforeAll(async () => {
    lab = await startSiteLab()
    await lab.deploy(1, { 'index.html': 'the shop' })
    await lab.sites.linkHost(lab.slug, apex)
    expect(await lab.sites.linkRedirect(www, apex)).toBe(true)
    expect(await lab.sites.linkRedirect(www, apex)).toBe(false)
  })

  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  function ask(host: string, path: string) {
    const { httpPort } = lab.config.nginx
    return visit(httpPort, { path, headers: { ...asNavigation, host } })
  }

  it.each([
    '/',
    '/a/b?c=d%20e&f=%2F',
    '/a%2Fb/%E2%82%AC',
    '/index.html',
    '/assets/app-BkX3a9_z.js',
    '/api/things/?a=1',
    '/_s/abc.js',
    '/.env',
    '//evil.example/',
    '/a;b,c',
  ])('keeps what was asked for: %s', async (path) => {
    const answer = await ask(www, path)
    expect([answer.status, answer.headers.location]).toEqual([301, `http://${apex}${path}`])
    expect(answer.headers['cache-control']).toBe('max-age=3600')
    expect(answer.headers['retry-after']).toBeUndefined()
  })

  it('keeps the port that the visitor has used', async () => {
    const answer = await ask(`${www}:${lab.config.nginx.httpPort}`, '/x')
    expect(answer.headers.location).toBe(`http://${apex}:${lab.config.nginx.httpPort}/x`)
  })

  it.each([
    ['HEAD', 301],
    ['POST', 308],
    ['PUT', 308],
    ['DELETE', 308],
  ])('has a form sent again as it is, and no page: %s', async (method, status) => {
    for (const path of ['/a?b=c', '/api/things/']) {
      const answer = await sendBytes(
        lab.config.nginx.httpPort,
        `${method} ${path} HTTP/1.1\r\nHost: ${www}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(answer).toContain(`\r\nLocation: http://${apex}${path}\r\n`)
      expect(answer).toContain('\r\nCache-Control: max-age=3600\r\n')
    }
  })

  it('leads nowhere else, whatever is sent', async () => {
    for (const [line, host] of [
      [`GET http://${www}/x HTTP/1.1`, www],
      [`GET http://${www} HTTP/1.1`, www],
      ['GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1', www],
      ['GET / HTTP/1.1', `${www}.`],
      ['GET / HTTP/1.1', www.toUpperCase()],
    ] as const) {
      const answer = await sendBytes(
        lab.config.nginx.httpPort,
        `${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer, line).toMatch(/^HTTP\/1\.1 301 /)
      expect(/\r\nLocation: (\S*)\r\n/.exec(answer)?.[1], line).toMatch(
        /^http:\/\/shop\.example\/(?:x|%0d%0aSet-Cookie:%20a=b)?$/,
      )
      expect(answer.toLowerCase()).not.toContain('\r\nset-cookie')
    }
  })

  it('answers the authority itself, which looks for its token at every host', async () => {
    const answer = await ask(www, '/.well-known/acme-challenge/some-token')
    expect(answer.status).toBe(404)
  })

  it('shows the site again when it is linked to it, and nothing when it is not', async () => {
    expect(await lab.sites.linkHost(lab.slug, www)).toBe(true)
    expect((await ask(www, '/')).body).toBe('the shop')
    await lab.sites.linkRedirect(www, apex)
    expect((await ask(www, '/')).status).toBe(301)
    await lab.sites.unlinkHost(www)
    await expect(ask(www, '/')).rejects.toThrow('socket hang up')
    expect((await ask(apex, '/')).body).toBe('the shop')
  })

  it('is forgotten with the host that it led to', async () => {
    await lab.sites.linkRedirect(www, apex)
    await lab.sites.unlinkHost(apex)
    await expect(access(join(lab.config.dataDir, 'redirects', apex))).rejects.toThrow('ENOENT')
    await expect(ask(www, '/')).rejects.toThrow('socket hang up')
    await lab.sites.unlinkHost(www)
  })
})

/** People without a token, with a wrong one or with another project's, and what git tells them. */
import { beforeAll, describe, expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { type GitOutcome, runGit } from '../tools/git-client.ts'
import { type Snapshot, startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
let before: Snapshot
beforeAll(async () => {
  await server.createProject('neighbour')
  copy = await server.createWorkingCopy('shop')
  expect((await copy.push()).exitCode).toBe(0)
  before = await server.snapshot('shop')
  await copy.commit({ 'index.html': '<h1>evil</h1>' })
})

async function createToken(slug: string, scope: 'deploy' | 'read'): Promise<string> {
  const { status, body } = await server.rest('POST', `/projects/${slug}/tokens/`, {
    body: { name: `${scope} of ${slug}`, scope },
  })
  expect(status).toBe(201)
  return String(body['secret'])
}

const doors: Readonly<Record<string, (remote: string) => Promise<GitOutcome>>> = {
  'a push': async (remote) => runGit(copy.dir, ['push', remote, 'main']),
  'a clone': async (remote) => runGit(server.folder, ['clone', remote, 'stolen']),
}

for (const [what, enter] of Object.entries(doors)) {
  describe(what, () => {
    test('without a token is asked for one', async () => {
      const { exitCode, stderr } = await enter(`${server.url}/shop.git`)
      expect(exitCode).toBe(128)
      expect(stderr).toContain('could not read Username')
      expect(await server.snapshot('shop')).toEqual(before)
    })

    test('with a wrong token fails to authenticate, and says no more', async () => {
      const { exitCode, stderr } = await enter(await server.remote('shop', 'slw_wrong'))
      expect(exitCode).toBe(128)
      expect(stderr).toContain('Authentication failed')
      expect(await server.snapshot('shop')).toEqual(before)
    })

    test('with the token of another project is forbidden', async () => {
      const token = await createToken('neighbour', 'deploy')
      const { exitCode, stderr } = await enter(await server.remote('shop', token))
      expect(exitCode).toBe(128)
      expect(stderr).toContain('remote: This token is for another project.')
      expect(stderr).toContain('403')
      expect(await server.snapshot('shop')).toEqual(before)
    })

    test('to a project that does not exist is not found, by one who holds a token', async () => {
      const { exitCode, stderr } = await enter(await server.remote('nowhere'))
      expect(exitCode).toBe(128)
      expect(stderr).toContain('remote: There is no project "nowhere".')
      expect(stderr).toContain('not found')
    })

    test('to a project that does not exist tells a stranger nothing but to log in', async () => {
      const { exitCode, stderr } = await enter(`${server.url}/nowhere.git`)
      expect(exitCode).toBe(128)
      expect(stderr).toContain('could not read Username')
    })
  })
}

test('a token that may only read clones, and can not push', async () => {
  const remote = await server.remote('shop', await createToken('shop', 'read'))
  expect((await runGit(server.folder, ['clone', '-q', remote, 'read-only'])).exitCode).toBe(0)
  const pushed = await runGit(copy.dir, ['push', remote, 'main'])
  expect(pushed.exitCode).toBe(128)
  expect(pushed.stderr).toContain('remote: This token may only read; this needs deploy.')
  expect(await server.snapshot('shop')).toEqual(before)
})

test('a token of the project pushes, is named as who did it, and is worth nothing once revoked', async () => {
  const token = await createToken('shop', 'deploy')
  const remote = await server.remote('shop', token)
  expect((await runGit(copy.dir, ['push', remote, 'main'])).exitCode).toBe(0)
  const { body } = await server.rest('GET', '/projects/shop/deployment-status')
  expect(body['deployment']).toMatchObject({ number: 3, actor: 'deploy of shop' })

  const { body: list } = await server.rest('GET', '/projects/shop/tokens/')
  const all = list['results'] as { id: string; name: string }[]
  for (const { id } of all.filter(({ name }) => name === 'deploy of shop')) {
    expect((await server.rest('DELETE', `/projects/shop/tokens/${id}`)).status).toBe(204)
  }
  await copy.commit({ 'index.html': '<h1>too late</h1>' })
  const pushed = await runGit(copy.dir, ['push', remote, 'main'])
  expect(pushed.exitCode).toBe(128)
  expect(pushed.stderr).toContain('Authentication failed')
  expect((await server.visit('shop')).body).toBe('<h1>evil</h1>')
})

test('the requests of a push are refused without a token, one by one', async () => {
  const first = await fetch(`${server.url}/shop.git/info/refs?service=git-receive-pack`)
  expect(first.status).toBe(401)
  expect(first.headers.get('www-authenticate')).toMatch(/^Basic realm="Slipway"/)
  const second = await fetch(`${server.url}/shop.git/git-receive-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-receive-pack-request' },
    body: '0000',
  })
  expect(second.status).toBe(401)
  expect(second.headers.get('www-authenticate')).toMatch(/^Basic realm="Slipway"/)
})

test('REST tells the same people the same: 401, 403 and 404', async () => {
  const path = '/projects/shop/deployment-status'
  expect((await server.rest('GET', path, { token: null })).status).toBe(401)
  expect((await server.rest('GET', path, { token: 'slw_wrong' })).status).toBe(401)
  const foreign = await createToken('neighbour', 'deploy')
  const refused = await server.rest('GET', path, { token: foreign })
  expect(refused.status).toBe(403)
  expect(refused.headers.get('content-type')).toContain('application/problem+json')
  expect(refused.body).toMatchObject({ code: 'token_foreign', status: 403 })
  expect((await server.rest('GET', '/projects/nowhere/')).status).toBe(404)
})

test('no token is printed by the server', async () => {
  expect(server.printed).not.toContain('slw_')
  expect(server.printed).not.toContain(await server.adminToken())
})

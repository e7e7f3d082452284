/** Who gets in, over REST and over git, and what the others are told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runGit } from '../tools/git-client.ts'
import { ask, expectProblem } from '../tools/raw-request.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../tools/slipway-server.ts'

const unknownToken = `slw_${'x'.repeat(43)}`

let server: SlipwayServer
let admin: string
let copy: WorkingCopy
let projects: string
beforeAll(async () => {
  server = await startSlipwayServer()
  admin = await server.adminToken()
  projects = `${server.url}/api/v1/runtime/projects`
  copy = await server.createWorkingCopy('shop')
  await server.createProject('other')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

interface MadeToken {
  readonly id: string
  readonly secret: string
}

async function makeToken(slug: string, scope: 'deploy' | 'read' = 'deploy'): Promise<MadeToken> {
  const { status, body } = await server.rest('POST', `/projects/${slug}/tokens/`, {
    body: { name: `${scope} of ${slug}`, scope },
  })
  expect(status).toBe(201)
  return { id: String(body['id']), secret: String(body['secret']) }
}

async function gitRemote(secret: string | null, slug = 'shop'): Promise<string> {
  if (secret !== null) return server.remote(slug, secret)
  return `${server.url}/${slug}.git`
}

describe('REST', () => {
  test.each([
    ['no token', null, 'token_missing'],
    ['an unknown token', unknownToken, 'token_unknown'],
    ['what is no token at all', 'hunter2', 'token_unknown'],
  ])('%s is answered 401 with a realm', async (_who, token, code) => {
    for (const path of ['', '/shop/', '/shop/deployment-status', '/shop/tokens/']) {
      const answer = await ask(`${projects}${path}`, { token })
      expect(expectProblem(answer, code).status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/realm="Slipway"/)
    }
  })

  test('one without a token can not tell which projects exist', async () => {
    const known = await ask(`${projects}/shop/`, { token: null })
    const unknown = await ask(`${projects}/nothing-here/`, { token: null })
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text])
  })

  test('a project that does not exist is 404 to one who holds a valid token', async () => {
    const answer = await ask(`${projects}/nothing-here/`, { token: admin })
    expect(expectProblem(answer, 'project_not_found').status).toBe(404)
  })

  test('the token of one project reads that project only', async () => {
    const { secret } = await makeToken('shop', 'read')
    expect((await ask(`${projects}/shop/`, { token: secret })).status).toBe(200)
    expect((await ask(`${projects}/shop/deployment-status`, { token: secret })).status).toBe(200)
    const foreign = await ask(`${projects}/other/`, { token: secret })
    expect(expectProblem(foreign, 'token_foreign').status).toBe(403)
    const list = await ask(projects, { token: secret })
    expect(expectProblem(list, 'token_scope').status).toBe(403)
  })

  test('only the operator makes projects and tokens', async () => {
    const { secret } = await makeToken('shop', 'deploy')
    const create = await ask(projects, { method: 'POST', token: secret, body: '{"name":"x"}' })
    expect(expectProblem(create).status).toBe(403)
    const token = await ask(`${projects}/shop/tokens/`, {
      method: 'POST',
      token: secret,
      body: '{"name":"x"}',
    })
    expect(expectProblem(token, 'token_scope').status).toBe(403)
  })

  test('nothing of a body is read before its sender has shown a token', async () => {
    for (const body of ['{', '[]', `"${'x'.repeat(2_000_000)}"`]) {
      expectProblem(await ask(projects, { method: 'POST', token: null, body }), 'token_missing')
    }
  })

  test.each([
    ['another scheme', (token: string) => `Token ${token}`],
    ['Basic without a colon', (token: string) => `Basic ${btoa(token)}`],
    ['Basic that is no base64', () => 'Basic %%%'],
    ['nothing after the scheme', () => 'Bearer '],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
  ])('credentials as %s are none', async (_what, write) => {
    const answer = await ask(projects, { token: null, headers: { authorization: write(admin) } })
    expect(expectProblem(answer, 'token_missing').status).toBe(401)
  })

  test('Basic with the token as password is as good as Bearer, as git sends it', async () => {
    const authorization = `Basic ${btoa(`anybody:${admin}`)}`
    expect((await ask(projects, { token: null, headers: { authorization } })).status).toBe(200)
  })
})

describe('tokens', () => {
  test('a secret is shown once, and never in a list', async () => {
    const { id, secret } = await makeToken('shop')
    const list = await ask(`${projects}/shop/tokens/`, { token: admin })
    expect(list.text).toContain(id)
    expect(list.text).not.toContain(secret)
    expect(list.text).not.toContain('secret')
  })

  test('a revoked token is refused at once, by REST and by git', async () => {
    const { id, secret } = await makeToken('shop')
    const remote = await gitRemote(secret)
    expect((await runGit(copy.dir, ['ls-remote', remote])).exitCode).toBe(0)
    const path = `${projects}/shop/tokens/${id}/`
    expect((await ask(path, { method: 'DELETE', token: admin })).status).toBe(204)
    expectProblem(await ask(`${projects}/shop/`, { token: secret }), 'token_unknown')
    const refused = await runGit(copy.dir, ['ls-remote', remote])
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain('Authentication failed')
    const again = await ask(path, { method: 'DELETE', token: admin })
    expect(expectProblem(again, 'token_not_found').status).toBe(404)
  })

  test("a token is not revoked through another project's address", async () => {
    const { id, secret } = await makeToken('shop')
    const answer = await ask(`${projects}/other/tokens/${id}/`, { method: 'DELETE', token: admin })
    expect(expectProblem(answer, 'token_not_found').status).toBe(404)
    expect((await ask(`${projects}/shop/`, { token: secret })).status).toBe(200)
  })

  test.each([
    ['/name', { scope: 'read' }],
    ['/name', { name: '' }],
    ['/name', { name: 'x'.repeat(101) }],
    ['/name', { name: 'two\nlines' }],
    ['/name', { name: 7 }],
    ['/scope', { name: 'x', scope: 'owner' }],
    ['/expires_at', { name: 'x', expires_at: 'tomorrow' }],
    ['/expires_at', { name: 'x', expires_at: 4_102_444_800 }],
    ['/expires_at', { name: 'x', expires_at: '2020-01-01T00:00:00Z' }],
    ['/project_id', { name: 'x', project_id: 'other' }],
  ])('a token with a wrong %s is refused with that field: %j', async (pointer, wish) => {
    const answer = await ask(`${projects}/shop/tokens/`, {
      method: 'POST',
      token: admin,
      body: JSON.stringify(wish),
    })
    expect(expectProblem(answer, 'invalid_body').errors?.map((error) => error.pointer)).toEqual([
      pointer,
    ])
  })
})

describe('git', () => {
  test('without a token git is asked for one, with a realm', async () => {
    for (const path of ['/shop.git/info/refs?service=git-upload-pack', '/nothing-here.git/x']) {
      const answer = await ask(`${server.url}${path}`, { token: null })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Slipway", charset="UTF-8"')
    }
    const outcome = await runGit(copy.dir, ['ls-remote', await gitRemote(null)])
    expect(outcome.exitCode).not.toBe(0)
    expect(outcome.stderr).toContain('could not read Username')
  })

  test('one without a token can not tell which repositories exist', async () => {
    const answers = await Promise.all(
      ['shop', 'nothing-here'].map((slug) =>
        ask(`${server.url}/${slug}.git/info/refs?service=git-receive-pack`, { token: null }),
      ),
    )
    const [known, unknown] = answers.map(({ status, text }) => [status, text])
    expect(unknown).toEqual(known)
  })

  test('a wrong token is told why', async () => {
    const outcome = await runGit(copy.dir, ['push', await gitRemote(unknownToken), 'main'])
    expect(outcome.exitCode).not.toBe(0)
    expect(outcome.stderr).toContain('remote: This token is not known here')
    expect(outcome.stderr).toContain('Authentication failed')
  })

  test('the token of another project is told why', async () => {
    const { secret } = await makeToken('other')
    for (const words of [['ls-remote'], ['push']]) {
      const outcome = await runGit(copy.dir, [...words, await gitRemote(secret), 'main'])
      expect(outcome.exitCode).not.toBe(0)
      expect(outcome.stderr).toContain('remote: This token is for another project.')
      expect(outcome.stderr).toContain('403')
    }
  })

  test('a token that may only read clones, and is told why it can not push', async () => {
    const { secret } = await makeToken('shop', 'read')
    const remote = await gitRemote(secret)
    expect((await runGit(copy.dir, ['ls-remote', remote])).exitCode).toBe(0)
    const outcome = await runGit(copy.dir, ['push', remote, 'main'])
    expect(outcome.exitCode).not.toBe(0)
    expect(outcome.stderr).toContain('remote: This token may only read; this needs deploy.')
  })

  test('a POST is asked for its token as well as a GET', async () => {
    const { secret } = await makeToken('shop', 'read')
    const rpc = `${server.url}/shop.git/git-receive-pack`
    const headers = { 'content-type': 'application/x-git-receive-pack-request' }
    const call = { method: 'POST', body: '0000', headers } as const
    expect((await ask(rpc, { ...call, token: null })).status).toBe(401)
    expect((await ask(rpc, { ...call, token: secret })).status).toBe(403)
  })

  test('a project that does not exist is told so', async () => {
    const outcome = await runGit(copy.dir, ['push', await gitRemote(admin, 'nothing-here'), 'main'])
    expect(outcome.exitCode).not.toBe(0)
    expect(outcome.stderr).toContain('remote: There is no project "nothing-here".')
    expect(outcome.stderr).toMatch(/repository '.*' not found/)
  })

  test.each([
    '/shop.git/HEAD',
    '/shop.git/config',
    '/shop.git/objects/info/packs',
    '/shop.git/info/refs',
    '/shop.git/info/refs?service=git-upload-archive',
    '/shop.git/info/refs?service=git-upload-pack&x=1',
    '/Shop.git/info/refs?service=git-upload-pack',
    '/shop%2egit/info/refs?service=git-upload-pack',
    '/-x.git/info/refs?service=git-upload-pack',
  ])('%s is nothing of git', async (path) => {
    const answer = await ask(`${server.url}${path}`, { token: admin })
    expect(answer.status).toBe(404)
  })

  test('the token is in nothing that the server printed', async () => {
    const { secret } = await makeToken('shop')
    await runGit(copy.dir, ['ls-remote', await gitRemote(secret)])
    for (const text of [secret, admin]) expect(server.printed).not.toContain(text)
  })
})

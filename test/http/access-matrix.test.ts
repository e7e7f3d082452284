/**
 * Every route with every kind of token: the routes are those of the code, and what each kind may do
 * with them follows from a rule for each access. A route whose access has no rule fails.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TokenScope, tokenScopes } from '../../src/contracts.ts'
import type { Project } from '../../src/domain/project.ts'
import { type RouteRow, readRoutes } from '../readme/read-routes.ts'
import { ApiContract } from '../tools/api-contract.ts'
import { ask, expectProblem, type RawAnswer, sendBytes } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { openStores, type Stores } from '../tools/store.ts'

type State = 'valid' | 'expired' | 'revoked'

interface Person {
  readonly name: string
  /** Null: none. */
  readonly secret: string | null
  readonly state: State | 'none' | 'unknown'
  readonly scope: TokenScope
  readonly of: 'own' | 'foreign' | 'all'
}

/** What a route of this access tells a valid token of the scope: null lets it in. */
const rules: Readonly<Record<string, (person: Person, isOfProject: boolean) => string | null>> = {
  public: () => null,
  read: (person, isOfProject) => refusalOf(person, isOfProject, ['read', 'deploy', 'admin']),
  deploy: (person, isOfProject) => refusalOf(person, isOfProject, ['deploy', 'admin']),
  admin: (person, isOfProject) => refusalOf(person, isOfProject, ['admin']),
}

function refusalOf(
  { of, scope }: Person,
  isOfProject: boolean,
  allowed: readonly TokenScope[],
): string | null {
  if (of === 'foreign' && isOfProject) return 'token_foreign'
  if (of !== 'all' && !isOfProject) return 'token_scope'
  return allowed.includes(scope) ? null : 'token_scope'
}

const routes = await readRoutes()
const git = [
  ['GET', '/shop.git/info/refs?service=git-upload-pack', 'read'],
  ['POST', '/shop.git/git-upload-pack', 'read'],
  ['GET', '/shop.git/info/refs?service=git-receive-pack', 'deploy'],
  ['POST', '/shop.git/git-receive-pack', 'deploy'],
] as const

let server: SlipwayServer
let people: readonly Person[]
beforeAll(async () => {
  server = await startSlipwayServer()
  await server.createProject('shop')
  await server.createProject('other')
  const stores = openStores(join(server.dataDir))
  try {
    people = makePeople(stores)
  } finally {
    stores.database.close()
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function makePeople(stores: Stores): readonly Person[] {
  const [own, foreign] = [stores.projects.find('shop'), stores.projects.find('other')]
  const owners = [
    ['own', own],
    ['foreign', foreign],
    ['all', null],
  ] as const
  const nobody = { scope: 'read', of: 'own' } as const
  return [
    { name: 'one without a token', secret: null, state: 'none', ...nobody },
    {
      name: 'one who made up a token',
      secret: `slw_${'A'.repeat(43)}`,
      state: 'unknown',
      ...nobody,
    },
    ...owners.flatMap(([of, project]) =>
      tokenScopes.flatMap((scope) =>
        (['valid', 'expired', 'revoked'] as const).map((state) => ({
          name: `a token that is ${state}, ${scope}, ${of}`,
          secret: makeToken(stores, project, { scope, state }),
          state,
          scope,
          of,
        })),
      ),
    ),
  ]
}

function makeToken(
  { tokens, database }: Stores,
  project: Project | null,
  { scope, state }: { readonly scope: TokenScope; readonly state: State },
): string {
  const expiresAt = new Date(state === 'expired' ? 1_000 : '2099-01-01')
  const wish = { projectId: project?.id ?? null, scope, name: 'x', expiresAt }
  const { token, secret } = tokens.create(wish)
  if (state === 'revoked') {
    database.prepare<[string]>('DELETE FROM tokens WHERE id = ?').run(token.id)
  }
  return secret.reveal()
}

/** What the person has to be told; null where they are let in. */
function expected(access: string, person: Person, isOfProject: boolean): string | null {
  const rule = rules[access]
  if (rule === undefined) throw new Error(`there is no rule for the access "${access}"`)
  if (access === 'public') return null
  if (person.state === 'none') return 'token_missing'
  return person.state === 'valid' ? rule(person, isOfProject) : 'token_unknown'
}

/** A request that does nothing even where it is let in: its body or what it names is wrong. */
async function tryRoute({ method, path }: RouteRow, { secret }: Person): Promise<RawAnswer> {
  const url = path.replace(':project', 'shop').replace(/:\w+/g, 'NOTHING')
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method)
  return ask(`${server.url}${url}`, { method, token: secret, ...(hasBody && { body: '{' }) })
}

test('every route that the server documents is one of the code, and the other way', async () => {
  const { operations } = await ApiContract.read(server)
  const shown = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  expect(operations.map(([name]) => name).toSorted()).toEqual(shown.toSorted())
})

test('every access has a rule, and a route without one would fail', () => {
  for (const { access } of routes) expect(Object.keys(rules)).toContain(access)
  const [someone] = people
  if (someone === undefined) throw new Error('nobody is there')
  expect(() => expected('anything', someone, true)).toThrow('no rule')
})

test('who may only read changes nothing, and who may only deploy changes no project', () => {
  const whereAccess = (isMeant: (access: string) => boolean): readonly string[] =>
    routes.filter(({ access }) => isMeant(access)).map(({ method, path }) => `${method} ${path}`)
  const changing = /^(?!GET)/
  expect(whereAccess((access) => access === 'read').filter((row) => changing.test(row))).toEqual([])
  expect(whereAccess((access) => access === 'deploy').filter((row) => changing.test(row))).toEqual(
    expect.arrayContaining([expect.stringMatching(/\/(redeploy|rollback|cancel|schema|eject)$/)]),
  )
  expect(whereAccess((access) => access === 'deploy')).toHaveLength(5)
  expect(whereAccess((access) => access === 'public')).toEqual(
    ['/healthz', '/readyz', '/metrics', '/openapi.json', '/app-schema.json'].map(
      (path) => `GET ${path}`,
    ),
  )
})

describe.each(routes.map((row) => [`${row.method} ${row.path}`, row] as const))(
  '%s',
  (_name, row) => {
    const isOfProject = row.path.includes('/:project')
    const isDeletion = row.method === 'DELETE' && row.path.endsWith('/:project')

    test('lets in whom it should, and tells the others why not', async () => {
      for (const person of people) {
        const refusal = expected(row.access, person, isOfProject)
        // What would be gone for those who come after is tried below.
        if (isDeletion && refusal === null) continue
        const answer = await tryRoute(row, person)
        if (refusal === null) {
          expect([401, 403], `${person.name}: ${answer.text}`).not.toContain(answer.status)
        } else {
          const { status } = expectProblem(answer, refusal)
          expect(status, person.name).toBe(
            refusal.startsWith('token_m') || refusal.endsWith('unknown') ? 401 : 403,
          )
        }
      }
    })

    if (!isDeletion) return
    test('is done by its admin', async () => {
      const slug = 'to-be-deleted'
      await server.createProject(slug)
      const made = await server.rest('POST', `/projects/${slug}/tokens`, {
        body: { name: 'x', scope: 'admin' },
      })
      const token = String(made.body['secret'])
      expect((await server.rest('DELETE', `/projects/${slug}`, { token })).status).toBe(204)
      expect((await server.rest('GET', `/projects/${slug}`, { token })).status).toBe(401)
    })
  },
)

test.each([
  ['Authorization', (secret: string) => `Authorization: Bearer ${secret}`],
  ['a subprotocol', (secret: string) => `Sec-WebSocket-Protocol: slipway.v1, bearer.${secret}`],
])('a WebSocket, its token in %s, is for whom its route is', async (_where, show) => {
  for (const person of people) {
    const lines = [
      'GET /api/v1/runtime/projects/shop/stream HTTP/1.1',
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      // One that is let in is refused for this, and holds no socket.
      'Sec-WebSocket-Version: 8',
      ...(person.secret === null ? [] : [show(person.secret)]),
    ]
    const answer = await sendBytes(server.listenPort, `${lines.join('\r\n')}\r\n\r\n`)
    const wanted = expected('read', person, true) ?? 'upgrade_required'
    expect(answer, person.name).toContain(`"code":"${wanted}"`)
  }
})

describe.each(git)('git: %s %s', (method, path, access) => {
  test(`needs ${access}`, async () => {
    const rpc = `application/x-${path.replace(/^.*\//, '')}-request`
    for (const person of people) {
      const answer = await ask(`${server.url}${path}`, {
        method,
        token: person.secret,
        ...(method === 'POST' && { body: '0000', headers: { 'content-type': rpc } }),
      })
      const refusal = expected(access, person, true)
      const wanted = refusal === null ? 200 : /missing|unknown/.test(refusal) ? 401 : 403
      expect(answer.status, `${person.name}: ${answer.text}`).toBe(wanted)
    }
  })
})

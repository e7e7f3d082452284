/**
 * Whatever is sent as the body of whatever route: it is taken, or the mistake is named by its place.
 * The routes and what they take are those of the document.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRoutes } from '../readme/read-routes.ts'
import { ApiContract, type Operation } from '../tools/api-contract.ts'
import { ask, expectProblem, type RawAnswer } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

let server: SlipwayServer
let token: string
let operations: ReadonlyMap<string, Operation>
beforeAll(async () => {
  server = await startSlipwayServer()
  token = await server.adminToken()
  await server.createProject('shop')
  operations = new Map((await ApiContract.read(server)).operations)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const taking = (await readRoutes()).filter(({ method }) =>
  ['POST', 'PUT', 'PATCH'].includes(method),
)
const named = taking.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)

function send(name: string, body: string | Buffer): Promise<RawAnswer> {
  const [method = '', path = ''] = name.split(' ')
  const values: Readonly<Record<string, string>> = {
    project: 'shop',
    name: 'A_NAME',
    number: '999',
  }
  const url = path.replace(/\{(\w+)\}/g, (_all, key: string) => values[key] ?? 'x')
  return ask(`${server.url}${url}`, { method, token, body })
}

/** The names of the fields, so that more than the first check is reached. */
function fieldsOf(name: string): readonly string[] {
  const schema = operations.get(name)?.requestBody?.content['application/json']?.schema
  const fields = Object.keys((schema?.['properties'] ?? {}) as object)
  return [...fields, ...fields.flatMap((field) => [`${field} `, field.toUpperCase()])]
}

function expectRefused(answer: RawAnswer, what: string): void {
  expect(answer.status, `${what}: ${answer.text}`).toBeLessThan(500)
  const { errors } = expectProblem(answer)
  expect(errors?.length, `${what}: ${answer.text}`).toBeGreaterThan(0)
  expect(answer.text).not.toMatch(/\.ts:\d+|node_modules|node:internal|ZodError|SQLITE/)
}

interface Field {
  readonly type?: string | readonly string[]
  readonly $ref?: string
  readonly anyOf?: readonly Field[]
  readonly properties?: Readonly<Record<string, Field>>
  readonly required?: readonly string[]
}

/** The schema of an object among the alternatives of a field. */
function objectIn(field: Field): Field | null {
  return [field, ...(field.anyOf ?? [])].find(({ properties }) => properties !== undefined) ?? null
}

/** Every field of a body by its path, those within others too. */
function pathsIn(field: Field): readonly (readonly string[])[] {
  return Object.entries(objectIn(field)?.properties ?? {}).flatMap(([name, inner]) => [
    [name],
    ...pathsIn(inner).map((path) => [name, ...path]),
  ])
}

function withValue(base: object, [name = '', ...rest]: readonly string[], value: unknown): object {
  const inner: unknown = Reflect.get(base, name)
  const within = typeof inner === 'object' && inner !== null ? inner : {}
  return { ...base, [name]: rest.length === 0 ? value : withValue(within, rest, value) }
}

function bodyOf(name: string): { readonly schema: Field; readonly example: object } {
  const media = operations.get(name)?.requestBody?.content['application/json']
  const example = typeof media?.example === 'object' ? media.example : null
  return { schema: (media?.schema ?? {}) as Field, example: example ?? {} }
}

/** Taken, or refused with a problem. A refusal that is the body's fault names the place. */
function expectSound(answer: RawAnswer, sent: string): void {
  if (answer.status < 300) return
  expect(answer.status, sent).toBeLessThan(500)
  const { code, errors } = expectProblem(answer)
  if (code === 'invalid_body') expect(errors?.length, sent).toBeGreaterThan(0)
  expect(answer.text).not.toMatch(/\.ts:\d+|node_modules|node:internal|ZodError|SQLITE/)
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('x'.repeat(40_000), '\u0000', '\ud800', -1, 0, 1e308, 2 ** 53, '../..', '$ne'),
)

describe.each(named)('%s', (name) => {
  test('takes what it should, or names what is wrong', async () => {
    const fields = fieldsOf(name)
    const key = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...fields, 'x') },
      fc.constantFrom('constructor', 'toString', 'hasOwnProperty', '', 'prototype', '0'),
      fc.string({ maxLength: 20 }),
    )
    const body = fc.oneof({ weight: 4, arbitrary: fc.dictionary(key, odd, { maxKeys: 5 }) }, odd)
    const property = fc.asyncProperty(body, async (value) => {
      const text = JSON.stringify(value)
      expectSound(await send(name, text), text)
    })
    await fc.assert(property, { numRuns: 60 })
  })

  test('names each field that has another type, no end, or is not there', async () => {
    const { schema, example } = bodyOf(name)
    const wrong = [{ 'no such field': 1 }, [[]], 1.5, 'x'.repeat(100_000)]
    for (const path of pathsIn(schema)) {
      const pointer = `/${path.join('/')}`
      for (const value of wrong) {
        const body = JSON.stringify(withValue(example, path, value))
        const answer = await send(name, body)
        expectRefused(answer, body.slice(0, 200))
        const { errors = [] } = expectProblem(answer)
        expect(
          errors.every((one) => one.pointer.startsWith(pointer)),
          answer.text,
        ).toBe(true)
      }
    }
    for (const field of schema.required ?? []) {
      const answer = await send(name, JSON.stringify({ ...example, [field]: undefined }))
      expect(expectProblem(answer, 'invalid_body').errors?.[0]?.pointer).toBe(`/${field}`)
    }
  })

  test.each([
    ['an unknown key', '{"no such field":1}'],
    ['a prototype', '{"__proto__":{"a":1}}'],
    ['a prototype within', '{"settings":{"__proto__":1}}'],
    ['a key that stands twice', '{"a":1,"a":2}'],
    ['an array', '[]'],
    ['a number', '7'],
    ['null', 'null'],
    ['broken JSON', '{"a":'],
    ['two texts', '{}{}'],
    ['deep nesting', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['deep nesting without an end', '['.repeat(900_000)],
    ['quotes without an end', `"${'\\"'.repeat(400_000)}`],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['half a character', Buffer.from([0x22, 0xf0, 0x9f, 0x9a])],
    ['UTF-16', Buffer.from('\ufeff{"name":"x"}', 'utf16le')],
  ])('refuses %s', async (what, body) => {
    expectRefused(await send(name, body), what)
  })

  test('refuses 10 MB', async () => {
    const answer = await send(name, `{"name":"${'x'.repeat(10 * 1024 ** 2)}"}`)
    expect(expectProblem(answer, 'payload_too_large').status).toBe(413)
  })
})

test('after all of it the server lives and has nothing to tell', async () => {
  expect((await ask(`${server.url}/healthz`, { token: null })).status).toBe(200)
  expect(server.printed).not.toContain('a request failed')
  expect(server.printed).not.toMatch(/"level":[56]0/)
})

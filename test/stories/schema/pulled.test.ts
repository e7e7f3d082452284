/** With SCHEMA_PULL=on the platform only says that there is a project; the schema is taken from it. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { SchemaPlatform } from '../../tools/schema-platform.ts'
import { startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const platform = forAllTests(() => SchemaPlatform.start())
const server = forAllTests(() =>
  startSlipwayServer({ settings: { SCHEMA_PULL: 'on', BACKEND_URL: platform.url } }),
)

function schemaOf(label: string): string {
  const fields = { title: { type: 'CharField', verbose_name: label } }
  return JSON.stringify({ project: { name: label }, tables: { books: { fields } } })
}

async function create(slug: string): Promise<string> {
  const body = { name: slug, schema_name: slug }
  const created = await server.rest('POST', '/projects/', { body })
  expect(created.status).toBe(201)
  return String(created.body['id'])
}

/** Empty where nothing is there yet. */
async function readTitle(slug: string): Promise<string> {
  const { body } = await server.visit(slug).catch(() => ({ body: '' }))
  return /<title>([^<]*)</.exec(body)?.[1] ?? ''
}

async function newest(slug: string): Promise<Record<string, unknown>> {
  return (await server.rest('GET', `/projects/${slug}/deployment-status`)).body
}

test('what apps share is made before the platform has a schema', async () => {
  const states = join(server.dataDir, 'caches/templates')
  const isThere = async (framework: string): Promise<boolean> => {
    const [state = ''] = await readdir(states).catch(() => [])
    return existsSync(join(states, state, framework, 'prebuilt.json'))
  }
  await until(async () => (await isThere('react')) && isThere('vue'))
})

test('the welcome page is there at once, and the app once the platform has it', async () => {
  platform.says = (_path, count) => (count < 3 ? { status: 404 } : { body: schemaOf('Library') })
  const id = await create('library')
  await until(async () => (await readTitle('library')) !== '')
  await until(async () => (await readTitle('library')) === 'Library')
  expect(platform.asked).toEqual(
    Array.from({ length: 3 }, () => `/api/v1/runtime/projects/${id}/schema/`),
  )
  const status = await server.untilStatus('library', 'deployed')
  expect(status['deployment']).toMatchObject({ trigger: 'schema', actor: 'slipway', number: 2 })
  const { text } = await fetchSchema('library')
  expect(text).toBe(`${JSON.stringify(JSON.parse(schemaOf('Library')), null, 2)}\n`)
})

test('a redeploy takes what is new there, and goes on with a warning where nobody answers', async () => {
  platform.says = () => ({ body: schemaOf('Bookshop') })
  expect((await server.rest('POST', '/projects/library/redeploy')).status).toBe(202)
  await until(async () => (await readTitle('library')) === 'Bookshop')
  await server.untilStatus('library', 'deployed')
  platform.says = () => ({ status: 503 })
  const again = await server.rest('POST', '/projects/library/redeploy', {
    body: { force_rebuild: true },
  })
  expect(again.status).toBe(202)
  const status = await server.untilStatus('library', 'deployed')
  expect(status['deployment']).toMatchObject({ trigger: 'redeploy' })
  expect(JSON.stringify(status['deployment_logs'])).toContain('warning: The platform was asked')
  expect(await readTitle('library')).toBe('Bookshop')
})

test('a schema with mistakes is told with each of them, and the welcome page stays', async () => {
  platform.says = () => ({ body: '{"tables": {"books": {"fields": []}}}' })
  await create('broken')
  await until(async () => (await newest('broken'))['status'] === 'failed')
  const status = await newest('broken')
  expect(status['deployment']).toMatchObject({
    trigger: 'schema',
    status: 'failed',
    error: { code: 'schema_invalid' },
  })
  expect(JSON.stringify(status['deployment_logs'])).toContain('/tables/books/fields')
  await until(async () => (await readTitle('broken')) !== '')
  // What was mended there is taken by a redeploy.
  platform.says = () => ({ body: schemaOf('Mended') })
  expect((await server.rest('POST', '/projects/broken/redeploy')).status).toBe(202)
  await until(async () => (await readTitle('broken')) === 'Mended')
})

test('what was not there yet is asked for again by the next start of the server', async () => {
  platform.says = () => ({ status: 404 })
  await create('patient')
  const asked = platform.asked.length
  await until(() => platform.asked.length > asked)
  await server.untilStatus('patient', 'deployed')
  await server.stop('SIGKILL')
  platform.says = () => ({ body: schemaOf('Patience') })
  await server.start()
  await until(async () => (await readTitle('patient')) === 'Patience')
})

test('a project that is pushed to is asked for no more', async () => {
  platform.says = () => ({ status: 404 })
  const copy = await server.createWorkingCopy('pushed', { 'index.html': '<title>by hand</title>' })
  expect((await copy.push()).exitCode).toBe(0)
  platform.says = () => ({ body: schemaOf('Too late') })
  await server.stop()
  const asked = platform.asked.length
  await server.start()
  await until(() => platform.asked.length > asked)
  await server.stop()
  await server.start()
  expect(await readTitle('pushed')).toBe('by hand')
  expect(platform.asked.length).toBe(asked + 1)
})

async function fetchSchema(slug: string): Promise<{ readonly text: string }> {
  const url = `${server.url}/api/v1/runtime/projects/${slug}/schema/`
  const headers = { authorization: `Bearer ${await server.adminToken()}` }
  return { text: await (await fetch(url, { headers })).text() }
}

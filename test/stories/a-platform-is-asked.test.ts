/** A platform that tells of its projects only: `SCHEMA_PULL=on` has Slipway ask it for the schema. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Platform,
  type PlatformProject,
  preparePlatform,
  readExampleSchema,
} from '../tools/platform.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

let platform: Platform
let server: SlipwayServer
beforeAll(async () => {
  platform = await preparePlatform()
  const settings = { BACKEND_URL: platform.url, SCHEMA_PULL: 'on' }
  server = await startSlipwayServer({ settings })
  const slipway = { url: server.url, token: await server.adminToken() }
  // The hardest case: what is asked for can not be seen before the transaction has ended.
  await platform.start(slipway, { schema: 'pull', moment: 'inside' })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

let project: PlatformProject

/** The newest deployment, once it is over and has made something live. */
async function untilLive(slug: string, trigger: string): Promise<unknown> {
  let deployment: Record<string, unknown> = {}
  await until(async () => {
    const { body } = await server.rest('GET', `/projects/${slug}/deployment-status`)
    deployment = (body['deployment'] ?? {}) as Record<string, unknown>
    return deployment['trigger'] === trigger && deployment['status'] === 'completed'
  })
  return deployment['number']
}

test('a Project is told of without its schema, and its app is live a moment later', async () => {
  project = await platform.createProject({ name: 'Comptoir', schema_name: 'comptoir' })
  expect(project.deployment_error).toBe('')
  await untilLive('comptoir', 'schema')
  const { body } = await server.rest('GET', '/projects/comptoir/schema/')
  expect(body).toEqual({
    project: { id: project.id, name: 'Comptoir', schema_name: 'comptoir' },
    framework: 'react',
    ...(await readExampleSchema()),
  })
  const page = await server.visit('comptoir')
  expect(page.status).toBe(200)
  expect(page.body).toContain('<title>Comptoir</title>')
})

test('a Project that has no schema yet gets the welcome page, and the app when there is one', async () => {
  const { id } = await platform.createProject({
    name: 'Later',
    schema_name: 'later',
    schema: null,
  })
  await server.untilStatus('later', 'deployed')
  expect((await server.visit('later')).body).not.toContain('/_s/')
  const saved = await platform.saveProject(id, { schema: await readExampleSchema() })
  expect(saved.deployment_error).toBe('')
  await untilLive('later', 'schema')
  expect((await server.visit('later')).body).toContain('/_s/')
})

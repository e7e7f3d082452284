/** Redeploys, rollbacks, cancels and settings by REST, as the platform and an operator use them. */
import { expect, test } from 'vitest'
import { readRecords, untilRecords } from '../tools/deployment-records.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

const server = forAllTests(() => startSlipwayServer({ settings: { KEEP_RELEASES: '1' } }))

function post(path: string, body?: unknown, headers?: Record<string, string>) {
  return server.rest('POST', path, { body, ...(headers && { headers }) })
}

async function page(slug: string): Promise<string> {
  return (await server.visit(slug)).body.toString()
}

test('a rollback puts the release before back, and a redeploy the branch again', async () => {
  const copy = await server.createWorkingCopy('there', { 'index.html': '<!doctype html>one' })
  await copy.push()
  await copy.commit({ 'index.html': '<!doctype html>two' })
  await copy.push()
  expect(await page('there')).toContain('two')
  const back = await post('/projects/there/rollback', { to: 'previous' })
  expect(back.body).toMatchObject({
    status: 'deploying',
    deployment: { number: 4, trigger: 'rollback', actor: 'admin' },
  })
  await server.untilStatus('there', 'deployed')
  expect(await page('there')).toContain('one')
  const again = await post('/projects/there/redeploy', { force_rebuild: true })
  expect(again.body).toMatchObject({ deployment: { number: 5, trigger: 'redeploy' } })
  await server.untilStatus('there', 'deployed')
  expect(await page('there')).toContain('two')
  expect(readRecords(server, 'there').slice(-2)).toEqual(['v4 completed →v2', 'v5 completed →v5'])
})

test('a redeploy under one key is one deployment, also after the server was started again', async () => {
  const before = readRecords(server, 'there').length
  const headers = { 'idempotency-key': 'build 4711' }
  const first = await post('/projects/there/redeploy', {}, headers)
  await server.untilStatus('there', 'deployed')
  await server.stop()
  await server.start()
  const second = await post('/projects/there/redeploy', {}, headers)
  expect([second.status, second.body, second.headers.get('location')]).toEqual([
    202,
    first.body,
    first.headers.get('location'),
  ])
  expect(second.headers.get('idempotent-replayed')).toBe('true')
  expect(readRecords(server, 'there')).toHaveLength(before + 1)
  const other = await post('/projects/there/redeploy', { force_rebuild: true }, headers)
  expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused'])
  const elsewhere = await post('/projects/there/rollback', {}, headers)
  expect(elsewhere.body['code']).toBe('idempotency_key_reused')
})

test('what was refused may be sent again under its key', async () => {
  const headers = { 'idempotency-key': 'to nowhere' }
  const live = await post('/projects/there/rollback', { to: 99 }, headers)
  expect([live.status, live.body['code']]).toEqual([404, 'rollback_unknown'])
  expect((await post('/projects/there/rollback', { to: 99 }, headers)).status).toBe(404)
  const odd = await post('/projects/there/redeploy', {}, { 'idempotency-key': 'x'.repeat(256) })
  expect(odd.body['errors']).toMatchObject([{ pointer: '/headers/idempotency-key' }])
})

test('a release that is pinned stays, and can be gone back to', async () => {
  const copy = await server.createWorkingCopy('pinned', { 'index.html': '<!doctype html>first' })
  await copy.push()
  const unknown = await server.rest('PATCH', '/projects/pinned', {
    body: { settings: { pinned_releases: [2, 7] } },
  })
  expect(unknown.body['errors']).toMatchObject([
    { pointer: '/settings/pinned_releases/1', detail: expect.stringContaining('no release v7') },
  ])
  const { body } = await server.rest('PATCH', '/projects/pinned', {
    body: { name: 'Pinned', settings: { pinned_releases: [2, 2] } },
  })
  expect(body).toMatchObject({
    name: 'Pinned',
    settings: { address: 'subdomain', on_newer_push: 'finish', pinned_releases: [2] },
  })
  for (const text of ['second', 'third', 'fourth']) {
    await copy.commit({ 'index.html': `<!doctype html>${text}` })
    await copy.push()
  }
  // A push has returned before the releases that it made old are gone.
  await until(async () => !(await server.releases('pinned')).includes('3'))
  expect((await post('/projects/pinned/rollback', { to: 3 })).body['code']).toBe(
    'rollback_collected',
  )
  expect((await post('/projects/pinned/rollback', { to: 2 })).status).toBe(202)
  await server.untilStatus('pinned', 'deployed')
  expect(await page('pinned')).toContain('first')
})

test('a deployment that runs is cancelled, and the site stays as it was', async () => {
  const copy = await server.createWorkingCopy(
    'halted',
    scriptedApp(`${waitForFile('go')}${writeOutput('index.html', '<!doctype html>')}`),
  )
  const before = await page('halted')
  const push = copy.startPush('-o', 'detach', 'main')
  expect((await push.ended).exitCode).toBe(0)
  const { body } = await post('/projects/halted/deployments/2/cancel')
  expect(body).toMatchObject({ outcome: 'cancelling', deployment: { number: 2 } })
  await untilRecords(server, 'halted', (records) => records.at(-1)?.includes('cancelled') === true)
  expect(readRecords(server, 'halted').at(-1)).toBe('v2 cancelled deployment_cancelled')
  expect(await page('halted')).toBe(before)
  const late = await post('/projects/halted/deployments/2/cancel')
  expect([late.status, late.body['code']]).toEqual([409, 'deployment_finished'])
})

test('what a project takes is shown beside what it may', async () => {
  const { body } = await server.rest('GET', '/projects/there/usage')
  expect(body).toMatchObject({
    storage: { bytes: expect.any(Number), bytes_max: 1024 ** 3 },
    releases: { kept: 1 },
    deployments: { failed: 0, queued: 0, in_progress: 0 },
  })
  const copy = await server.clone('there')
  const before = (body['storage'] as { readonly site_bytes: number }).site_bytes
  await copy.commit({ 'large.bin': Buffer.alloc(2_000_000, 7) })
  expect((await copy.push()).exitCode).toBe(0)
  const after = (await server.rest('GET', '/projects/there/usage')).body['storage']
  expect((after as { readonly site_bytes: number }).site_bytes).toBeGreaterThan(before + 1_900_000)
})

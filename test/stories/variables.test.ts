/** A project's own variables: its builds see them, and nobody is shown them. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRecords, untilRecords } from '../tools/deployment-records.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { startSlipwayServer } from '../tools/slipway-server.ts'

const secret = 'tr0ub4dor&3'

const server = forAllTests(startSlipwayServer)

function app(build: string): Record<string, string> {
  return {
    'package.json': JSON.stringify({ name: 'app', scripts: { build: 'node build.js' } }),
    'package-lock.json': JSON.stringify({ name: 'app', lockfileVersion: 3, packages: {} }),
    'build.js': `const fs = require('node:fs')\n${build}`,
  }
}

const writesPage = `fs.mkdirSync('dist', { recursive: true })
fs.writeFileSync('dist/index.html', '<!doctype html><h1>' + process.env.GREETING + '</h1>')
console.log('the key is <' + process.env.API_KEY + '>')
console.error(process.env.API_KEY)
`

function set(slug: string, name: string, value: string) {
  return server.rest('PUT', `/projects/${slug}/env/${name}`, { body: { value } })
}

async function logOf(slug: string, number: number, accept: string): Promise<string> {
  const url = `${server.url}/api/v1/runtime/projects/${slug}/deployments/${number}/logs`
  const authorization = `Bearer ${await server.adminToken()}`
  return (await fetch(url, { headers: { accept, authorization } })).text()
}

test('a build sees them, and its log hides their values from everybody', async () => {
  const copy = await server.createWorkingCopy('greeter', app(writesPage))
  expect((await set('greeter', 'API_KEY', secret)).status).toBe(201)
  expect((await set('greeter', 'GREETING', 'ahoy')).status).toBe(201)
  const push = await copy.push()
  expect(push.exitCode, push.stderr).toBe(0)
  expect(push.stderr).toContain('the key is <[hidden]>')
  expect((await server.visit('greeter')).body.toString()).toContain('ahoy')
  const told = [
    push.stderr,
    server.printed,
    await logOf('greeter', 2, 'text/plain'),
    await logOf('greeter', 2, 'application/x-ndjson'),
    JSON.stringify((await server.rest('GET', '/projects/greeter/env/')).body),
  ]
  for (const text of told) expect(text).not.toContain(secret)
  expect(told[3]).toContain('the key is <[hidden]>')
})

test('what changes is seen by the next deployment of the same commit, what does not is not built', async () => {
  const { body } = await server.rest('POST', '/projects/greeter/redeploy')
  expect(body).toMatchObject({ status: 'deploying' })
  await server.untilStatus('greeter', 'deployed')
  // The release of v2 serves again.
  expect(readRecords(server, 'greeter').at(-1)).toBe('v3 completed →v2')
  expect((await set('greeter', 'GREETING', 'ahoy again')).status).toBe(200)
  await server.rest('POST', '/projects/greeter/redeploy')
  await server.untilStatus('greeter', 'deployed')
  expect(readRecords(server, 'greeter').at(-1)).toBe('v4 completed →v4')
  expect((await server.visit('greeter')).body.toString()).toContain('ahoy again')
})

test('a build that fails with a value in its last words does not tell it', async () => {
  const copy = await server.createWorkingCopy(
    'leaky',
    app("throw new Error('cannot connect to host ' + process.env.API_KEY)"),
  )
  await set('leaky', 'API_KEY', secret)
  const push = await copy.push()
  expect(push.exitCode).not.toBe(0)
  expect(push.stderr).toContain('[hidden]')
  const { body } = await server.rest('GET', '/projects/leaky/deployments/2')
  for (const text of [push.stderr, JSON.stringify(body), server.printed]) {
    expect(text).not.toContain(secret)
  }
})

test('with another key a build says which variable it can not read, and setting it mends that', async () => {
  const path = join(server.dataDir, 'secret.key')
  const key = await readFile(path, 'utf8')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const redeploy = async (): Promise<string | undefined> => {
    const { status } = await server.rest('POST', '/projects/greeter/redeploy', {
      body: { force_rebuild: true },
    })
    expect(status).toBe(202)
    const isOver = (records: readonly string[]): boolean => !/queued|progress/.test(records.join())
    await untilRecords(server, 'greeter', isOver)
    return readRecords(server, 'greeter').at(-1)
  }
  await server.stop()
  await writeFile(path, `${'0'.repeat(64)}\n`)
  await server.start()
  const page = (await server.visit('greeter')).body.toString()
  expect(page).toContain('ahoy again')
  expect(await redeploy()).toMatch(/failed variable_unreadable$/)
  expect((await server.visit('greeter')).body.toString()).toBe(page)
  // The release before is there without a build, so without the key.
  const back = await server.rest('POST', '/projects/greeter/rollback', { body: { to: 2 } })
  expect(back.status).toBe(202)
  await untilRecords(server, 'greeter', (records) => /completed/.test(records.at(-1) ?? ''))
  await set('greeter', 'API_KEY', secret)
  await set('greeter', 'GREETING', 'hello')
  expect(await redeploy()).toMatch(/completed/)
  expect((await server.visit('greeter')).body.toString()).toContain('hello')
  await server.stop()
  await writeFile(path, key)
  await server.start()
  expect(await redeploy()).toMatch(/failed variable_unreadable$/)
})

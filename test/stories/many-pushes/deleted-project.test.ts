/** A project is deleted while people push to it. */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { findBuildProcesses } from '../../tools/left-behind.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { startSlipwayServer } from '../../tools/slipway-server.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })
const waitingApp = (text: string) =>
  scriptedApp(waitForFile('go') + writeOutput('index.html', text))

const server = forAllTests(startSlipwayServer)

/** Everything below the server's folders that is named after the project. */
async function findFolders(names: readonly string[]): Promise<readonly string[]> {
  const paths = await readdir(server.folder, { recursive: true })
  const isClient = /^[a-z-]+-(clone-)?[A-Za-z0-9]{6}(\/|$)/
  return paths.filter((path) => !isClient.test(path) && names.some((name) => path.includes(name)))
}

async function idOf(slug: string): Promise<string> {
  return String((await server.rest('GET', `/projects/${slug}/`)).body['id'])
}

test('a push that builds while its project is deleted is ended and told, and nothing stays', async () => {
  const copy = await server.createWorkingCopy('doomed', page('before'))
  expect((await copy.push()).exitCode).toBe(0)
  const id = await idOf('doomed')
  // As an install with dependencies leaves it.
  await mkdir(join(server.folder, 'data/caches', id, 'kept'), { recursive: true })
  expect((await findFolders(['doomed', id])).length).toBeGreaterThan(3)
  await copy.replaceAll(waitingApp('never'))
  const building = copy.startPush('main')
  await building.untilLine(/waiting for go/)
  const waiting = copy.startPush('HEAD:refs/rollback/v1')
  await waiting.untilLine(/1 ahead of you/)

  expect((await server.rest('DELETE', '/projects/doomed/')).status).toBe(204)
  expect(await findBuildProcesses(server, 'doomed')).toEqual([])
  expect(await findFolders(['doomed', id])).toEqual([])
  for (const push of [building, waiting]) {
    const told = await push.ended
    expect(told.exitCode).not.toBe(0)
    expect(told.stderr).toContain('The project was deleted meanwhile.')
  }
  for (const path of [
    '/projects/doomed/',
    '/projects/doomed/deployment-status',
    `/projects/${id}/`,
  ])
    expect((await server.rest('GET', path)).status).toBe(404)
  // As for any host that was never here.
  await expect(server.visit('doomed')).rejects.toThrow('socket hang up')
  const late = await copy.push()
  expect(late.exitCode).toBe(128)
  expect(late.stderr).toMatch(/not found|404/)
  expect(await findFolders(['doomed', id])).toEqual([])
  expect(server.printed).not.toContain('"level":50')
})

test('its name can be used again, and nothing of the old project shows', async () => {
  const old = await server.createWorkingCopy('reborn', page('old'))
  expect((await old.push()).exitCode).toBe(0)
  expect((await server.rest('DELETE', '/projects/reborn/')).status).toBe(204)
  const copy = await server.createWorkingCopy('reborn', page('new'))
  expect((await server.visit('reborn')).body).toContain('git push')
  expect(await server.refs('reborn')).toBe('')
  const pushed = await copy.push()
  expect([pushed.exitCode, pushed.stderr]).toEqual([0, expect.stringContaining('v2 live:')])
  expect((await server.visit('reborn')).body).toBe('<h1>new</h1>')
})

test("the platform's id of a deleted project can be used again", async () => {
  for (const text of ['first', 'second']) {
    const { status } = await server.rest('POST', '/projects/', {
      body: { name: text, schema_name: text, id: 4711 },
    })
    expect(status).toBe(201)
    await server.untilStatus(text, 'deployed')
    const copy = await server.clone(text)
    await copy.commit(page(text))
    expect((await copy.push('HEAD:main')).exitCode).toBe(0)
    expect((await server.visit(text)).body).toBe(`<h1>${text}</h1>`)
    expect((await server.rest('DELETE', '/projects/4711/')).status).toBe(204)
  }
})

test('a project can be deleted before its welcome page is live, and twice at once', async () => {
  const { status } = await server.rest('POST', '/projects/', {
    body: { name: 'brief', schema_name: 'brief' },
  })
  expect(status).toBe(201)
  const id = await idOf('brief')
  const answers = await Promise.all([1, 2].map(() => server.rest('DELETE', '/projects/brief/')))
  for (const answer of answers) expect([204, 404]).toContain(answer.status)
  expect(await findFolders(['brief', id])).toEqual([])
  expect((await server.rest('GET', '/projects/brief/')).status).toBe(404)
  expect(server.printed).not.toContain('"level":50')
})
